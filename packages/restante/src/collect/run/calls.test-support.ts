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

/** The answers to STAT, UIDL and LIST, where letters have these unique-ids and 38 octets each. */
export function listed(...uniqueIds: readonly string[]): string {
  const lines = (of: (uniqueId: string) => string) => uniqueIds.map((id, index) => `S> ${index + 1} ${of(id)}`);
  return `
    C: STAT
    S: +OK ${uniqueIds.length} ${uniqueIds.length * 38}
    C: UIDL
    S> +OK
    ${lines((uniqueId) => uniqueId).join('\n')}
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
