import type { State } from './extension.ts';

/** What stands behind a keyword, and what the parser makes of it. */
export interface Arguments {
  readonly none: undefined;
  readonly 'message-number': number;
  readonly '[message-number]': number | undefined;
  readonly 'message-number lines': { readonly number: number; readonly lines: number };
  /** All octets behind the keyword's space, spaces among them (P3-28). */
  readonly octets: Uint8Array;
  readonly 'mechanism [initial-response]': { readonly mechanism: string; readonly initial: string | undefined };
}

export interface CommandRow {
  readonly states: readonly State[];
  readonly arguments: keyof Arguments;
  /**
   * What else must hold: `cleartext`, that a password may be sent on this connection (AUTH-22); `tls-possible`, that
   * there is a certificate and no TLS yet (STLS-02).
   */
  readonly requires?: 'cleartext' | 'tls-possible';
  /** The tag that CAPA shows when the command can be used. One that can be used before login is shown after it too (EXT-02). */
  readonly capability?: string;
  readonly rfc: string;
}

const AUTHORIZATION: readonly State[] = ['AUTHORIZATION'];
const TRANSACTION: readonly State[] = ['TRANSACTION'];
const BOTH: readonly State[] = ['AUTHORIZATION', 'TRANSACTION'];

/**
 * Every command there is: the parser, the gate that decides what is legal where, and CAPA read this one table.
 *
 * Not in it, and so answered -ERR like any unknown word: APOP, which needs passwords in the clear on the server (P3-35),
 * and LAST, RPOP and XTND, which are history (P3H-18).
 */
export const COMMANDS = {
  USER: { states: AUTHORIZATION, arguments: 'octets', requires: 'cleartext', capability: 'USER', rfc: 'RFC 1939 §7' },
  PASS: { states: AUTHORIZATION, arguments: 'octets', requires: 'cleartext', rfc: 'RFC 1939 §7' },
  AUTH: { states: AUTHORIZATION, arguments: 'mechanism [initial-response]', capability: 'SASL', rfc: 'RFC 5034 §4' },
  STLS: { states: AUTHORIZATION, arguments: 'none', requires: 'tls-possible', capability: 'STLS', rfc: 'RFC 2595 §4' },
  STAT: { states: TRANSACTION, arguments: 'none', rfc: 'RFC 1939 §5' },
  LIST: { states: TRANSACTION, arguments: '[message-number]', rfc: 'RFC 1939 §5' },
  RETR: { states: TRANSACTION, arguments: 'message-number', rfc: 'RFC 1939 §5' },
  DELE: { states: TRANSACTION, arguments: 'message-number', rfc: 'RFC 1939 §5' },
  NOOP: { states: TRANSACTION, arguments: 'none', rfc: 'RFC 1939 §5' },
  RSET: { states: TRANSACTION, arguments: 'none', rfc: 'RFC 1939 §5' },
  TOP: { states: TRANSACTION, arguments: 'message-number lines', capability: 'TOP', rfc: 'RFC 1939 §7' },
  UIDL: { states: TRANSACTION, arguments: '[message-number]', capability: 'UIDL', rfc: 'RFC 1939 §7' },
  CAPA: { states: BOTH, arguments: 'none', rfc: 'RFC 2449 §5' },
  QUIT: { states: BOTH, arguments: 'none', rfc: 'RFC 1939 §4, §6' },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type Keyword = keyof typeof COMMANDS;

/** What the parser hands over for a keyword. */
export type ArgumentOf<K extends Keyword> = Arguments[(typeof COMMANDS)[K]['arguments']];
