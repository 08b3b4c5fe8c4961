import type { CollectAccount } from '../../collect/account.ts';
import type { AccountReport } from '../../collect/event.ts';
import type { Failings } from './hostile-server.ts';

/**
 * A server with a failing, and what has to come of it. Letters are told by one character each; the server has `a`, `b` and `c`
 * where nothing else is said. In every case: it ends in time; what is in the Maildir is a letter octet for octet, and no letter
 * twice; nothing is deleted that is not there; nobody sees the password who should not; and once the server does as it should
 * every letter is there.
 */
export interface HostileCase extends Failings {
  readonly name: string;
  /** Where it was seen: an issue, `run` (somebody's library, run against it), or a part of the standard. */
  readonly source: string;
  /** Its letters, where they are not `a`, `b` and `c`. */
  readonly letters?: Readonly<Record<string, string>>;
  /** How it was called before without any failing, its letters being kept. */
  readonly before?: 'keep';
  readonly afterwards?: 'keep' | 'delete';
  /** How the call ends. */
  readonly result: AccountReport['result'] | readonly AccountReport['result'][];
  /** The letters that are stored when it has ended. */
  readonly stored: string;
  /** The letters that are left at the server. Default: with `delete`, those that are not stored. */
  readonly left?: string;
  /** What the server is like from then on; default: it does as it should. */
  readonly later?: Failings;
  /** It has these letters again then. */
  readonly again?: string;
  /** How often it is called then; default twice. */
  readonly calls?: number;
  /** What is stored in the end; default: all letters. */
  readonly inTheEnd?: string;
  /** What is left at the server in the end; default: with `delete`, none. */
  readonly leftInTheEnd?: string;
  /** A letter that may be there once more than it should. */
  readonly mayRepeat?: string;
  readonly server?: Partial<CollectAccount['server']>;
  /** Whether TLS is asked for; the server's certificate is trusted unless it says otherwise. */
  readonly tls?: 'required' | 'untrusted';
  /** Nobody may log in: no USER, PASS or AUTH is heard. */
  readonly noLogin?: boolean;
}

/** The letter of this name, with CRLF line ends. */
export function letterNamed(name: string): string {
  return [
    'Received: from mx.example.org by pop.example.net; Mon, 2 Nov 2026 10:00:00 +0000',
    `Message-ID: <${name}@example.org>`,
    'From: Bob <bob@example.org>',
    `Subject: letter ${name}`,
    'Date: Mon, 2 Nov 2026 10:00:00 +0000',
    '',
    `This is letter ${name}.`,
    '',
  ].join('\r\n');
}
