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

/** The answers to STAT, UIDL and LIST, where letters have these unique-ids and 20 octets each. */
export function listed(...uniqueIds: readonly string[]): string {
  const lines = (of: (uniqueId: string) => string) => uniqueIds.map((id, index) => `S> ${index + 1} ${of(id)}`);
  return `
    C: STAT
    S: +OK ${uniqueIds.length} ${uniqueIds.length * 20}
    C: UIDL
    S> +OK
    ${lines((uniqueId) => uniqueId).join('\n')}
    S: .`;
}

export function sizes(count: number): string {
  const lines = Array.from({ length: count }, (_, index) => `S> ${index + 1} 20`).join('\n');
  return `
    C: LIST
    S> +OK
    ${lines}
    S: .`;
}

/** RETR of a letter of 20 octets. */
export function letterOf(number: number): string {
  return `
    C: RETR ${number}
    S> +OK
    S> Subject: letter ${number}
    S>
    S: .`;
}

/** Servers that say what their scripts tell them to, one a call. */
export class Calls {
  readonly #scripts: string[];
  readonly peers: ScriptedPeer[] = [];
  readonly options: Pop3ClientOptions[] = [];

  constructor(...scripts: readonly string[]) {
    this.#scripts = [...scripts];
  }

  readonly connect = (options: Pop3ClientOptions) => {
    const script = this.#scripts.shift();
    assert.ok(script !== undefined, 'there is one call more than was expected');
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
