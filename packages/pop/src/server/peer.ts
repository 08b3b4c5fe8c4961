/** The TLS layer of a connection, as it is logged and as policies see it. */
export interface TlsLayer {
  /** For example `TLSv1.3`. */
  readonly version: string;
  readonly cipher: string;
  /** The name the client asked for (SNI). */
  readonly servername?: string;
}

/** The other end of a connection. */
export interface Peer {
  /** The peer's address as text, without port; `local` on a unix socket. */
  readonly address: string;
  /** Our own address that it reached; `local` on a unix socket. */
  readonly localAddress: string;
  /** True only when both ends of the socket are loopback addresses and nothing relayed it. */
  readonly loopback: boolean;
  /** The TLS layer, once there is one. */
  readonly tls?: TlsLayer;
}
