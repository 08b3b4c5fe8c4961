import type { Duplex } from 'node:stream';
import type { MaybePromise } from '../../maildrop/maildrop.ts';
import type { Peer } from '../../server/peer.ts';
import type { ManualClock } from '../manual-clock.ts';
import type { Transcript } from './transcript.ts';

/** The protocol that transcripts are played to. */
export interface Subject {
  /** The directives it understands, beside the runner's own (`state`, `tls`, `peer`, `alpn`, `whole`). */
  readonly directives: readonly string[];
  /** The words it understands among the steps. */
  readonly words: readonly string[];
  /** The lines, as in a transcript, that bring a fresh connection into the state; throws for a state that is not known. */
  prelude(state: string, transcript: Transcript): string;
  /** Sets up what this transcript's directives ask for. */
  prepare(transcript: Transcript, clock: ManualClock): MaybePromise<Situation>;
}

/** One server, set up for one run of one transcript. */
export interface Situation {
  /** Serves a connection; `secure` when TLS begins at once on it. */
  connect(socket: Duplex, peer: Peer, options: { readonly secure: boolean }): void;
  /** Listens on a free port of 127.0.0.1 and answers it. Without it, TCP runs hand over accepted sockets. */
  listen?(options: { readonly secure: boolean }): Promise<number>;
  /** Does one of the words. */
  perform?(word: string, rest: string, octets: Buffer | undefined): MaybePromise<void>;
  /** Resolves when so many connections are over for the server, too. */
  ended(count: number): Promise<void>;
  /** The certificate (PEM) that the server shows. */
  readonly certificate?: string;
  /** Takes everything down. Throws when something was left open that the sessions had to close. */
  close(): MaybePromise<void>;
}
