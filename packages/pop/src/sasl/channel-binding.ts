/** Octets that both ends of one TLS connection have, and nobody between them (RFC 5056). */
export interface ChannelBinding {
  /** As registered: `tls-exporter` (RFC 9266), `tls-server-end-point` (RFC 5929). */
  readonly type: string;
  readonly data: Uint8Array;
}

/**
 * The channel bindings of one connection, on the server's side: one for all the exchanges on it, since `tls-exporter`
 * is good for one of them only (RFC 9266 §4.1, SCRAM-24).
 */
export class ChannelBindings {
  readonly #left: Map<string, Uint8Array>;
  /** Whether the connection can be bound at all, and so -PLUS is offered on it. */
  readonly offered: boolean;

  constructor(bindings: readonly ChannelBinding[]) {
    this.#left = new Map(bindings.map(({ type, data }) => [type, data]));
    this.offered = this.#left.size > 0;
  }

  /** The data of the type that a client names, or `undefined` when there is none, or none any more. */
  take(type: string): Uint8Array | undefined {
    const data = this.#left.get(type);
    if (type === 'tls-exporter') this.#left.delete(type);
    return data;
  }
}
