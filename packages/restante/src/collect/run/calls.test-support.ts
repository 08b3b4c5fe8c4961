import assert from 'node:assert/strict';
import { connect, type Pop3ClientOptions } from '@restante/pop/client';
import { ScriptedPeer } from '@restante/pop/testing';
import { PASSWORD } from './office.test-support.ts';

/** A login in the clear, with these capabilities behind it. */
export function loggedIn(...capabilities: readonly string[]): string {
  const capa = ['+OK', ...capabilities].map((line) => `S> ${line}`).join('\n');
  return `
    S: +OK ready
    C: CAPA
    S: -ERR what?
    C: USER ada
    S: +OK
    C: PASS ${PASSWORD}
    S: +OK
    C: CAPA
    ${capa}
    S: .`;
}

/** What a maildrop that has never been seen is asked, where letters have these unique-ids and 38 octets each. */
export function fresh(...uniqueIds: readonly string[]): string {
  return sizes(uniqueIds.length) + names(uniqueIds);
}

/** What it is asked in later sessions. */
export function listed(...uniqueIds: readonly string[]): string {
  return `
    C: STAT
    S: +OK ${uniqueIds.length} ${uniqueIds.length * 38}${names(uniqueIds)}`;
}

function names(uniqueIds: readonly string[]): string {
  const lines = uniqueIds.map((uniqueId, index) => `S> ${index + 1} ${uniqueId}`).join('\n');
  return `
    C: UIDL
    S> +OK
    ${lines}
    S: .`;
}

export function sizes(count: number): string {
  const lines = Array.from({ length: count }, (_, index) => `S> ${index + 1} 38`).join('\n');
  return `
    C: LIST
    S> +OK
    ${lines}
    S: .`;
}

/** RETR of a letter of 38 octets. */
export function letterOf(number: number, name = number): string {
  return `
    C: RETR ${number}
    S> +OK
    S> Message-ID: <letter-${name}@example.org>
    S>
    S: .`;
}

/** TOP of the same. */
export function headerOf(number: number, name = number): string {
  return letterOf(number, name).replace(/RETR \d+/, `TOP ${number} 0`);
}

/** Servers that say what their scripts tell them to, one a call. */
export class Calls {
  readonly #scripts: string[];
  readonly peers: ScriptedPeer[] = [];
  readonly options: Pop3ClientOptions[] = [];

  constructor(...scripts: readonly string[]) {
    this.#scripts = [...scripts];
  }

  readonly connect = async (options: Pop3ClientOptions) => {
    const script = this.#scripts.shift();
    if (script === undefined) {
      // More calls than expected come of scripts that were not followed.
      for (const peer of this.peers) await peer.finished;
      assert.fail('there is one call more than was expected');
    }
    const peer = new ScriptedPeer(script);
    peer.finished.catch(() => {});
    this.peers.push(peer);
    this.options.push(options);
    return connect({ ...options, socket: peer.socket });
  };

  /** Every call was made, and went as its script says. */
  async finished(): Promise<void> {
    assert.deepEqual(this.#scripts, [], 'calls that were not made');
    for (const peer of this.peers) await peer.finished;
  }
}
