import { ManualClock, ScriptedPeer, type ScriptedPeerOptions, selfSignedCertificate } from '../testing/index.ts';
import { connect } from './connect.ts';
import { Pop3Error } from './error.ts';
import type { Pop3ClientOptions } from './options.ts';
import type { Pop3Client } from './pop3-client.ts';

export const PASSWORD = 'tanstaaf';
export const certificate = selfSignedCertificate();

/** A login in the clear with these capabilities behind it. */
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

export const PIPELINING = loggedIn('TOP', 'UIDL', 'PIPELINING');
export const PLAIN = loggedIn('TOP', 'UIDL');

/** The rows of a script, as they are said in the clear. */
export const inTheClear: Partial<Pop3ClientOptions> = {
  secure: false,
  requireTLS: false,
  allowInsecureAuth: true,
};

export interface Scene {
  readonly script: string;
  readonly options?: Partial<Pop3ClientOptions>;
  readonly peer?: ScriptedPeerOptions;
  /** What the caller does with the session. */
  act?(pop: Pop3Client, peer: ScriptedPeer): unknown;
}

export interface Played {
  readonly value?: unknown;
  readonly error?: Pop3Error;
  readonly peer: ScriptedPeer;
  readonly pop?: Pop3Client;
}

/**
 * Plays a scene against a scripted peer. When the peer has said all it has to say, the clock goes on until the caller
 * has an answer: so a hang shows as a `TIMEOUT`, or as a test that never ends.
 */
export async function play(scene: Scene, cut = false): Promise<Played> {
  const clock = new ManualClock();
  const peer = new ScriptedPeer(scene.script, { certificate, cut, ...scene.peer });
  let pop: Pop3Client | undefined;
  let settled = false;
  const acting = (async () => {
    pop = await connect({
      host: 'localhost',
      socket: peer.socket,
      auth: { user: 'ada', pass: PASSWORD },
      clock,
      ...inTheClear,
      ...scene.options,
    });
    return await scene.act?.(pop, peer);
  })().finally(() => {
    settled = true;
  });
  const outcome = acting.then(
    (value) => ({ value }),
    (error: unknown) => {
      if (!(error instanceof Pop3Error)) throw error;
      return { error };
    },
  );
  await Promise.race([outcome, peer.played.catch(() => {})]);
  for (let hours = 0; !settled && hours < 24; hours += 1) await clock.advance(3_600_000);
  const { value, error } = { value: undefined, error: undefined, ...(await outcome) };
  pop?.close();
  return {
    peer,
    ...(value !== undefined && { value }),
    ...(error !== undefined && { error }),
    ...(pop !== undefined && { pop }),
  };
}
