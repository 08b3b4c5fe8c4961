import type { Socket } from 'node:net';

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
  /** True only when both ends of the socket are loopback addresses and no proxy stands between. */
  readonly loopback: boolean;
  /** The address of the proxy that the connection came by: then `address` and `localAddress` are what it announced. */
  readonly proxy?: string;
  /** The TLS layer, once there is one. */
  readonly tls?: TlsLayer;
}

/** Whether this address, as text, never leaves the machine: 127.0.0.0/8, ::1, or the former mapped into IPv6. */
export function isLoopback(address: string): boolean {
  return address === '::1' || unmapped(address).startsWith('127.');
}

/** A peer on a unix socket: no network lies between. */
export const localPeer: Peer = { address: 'local', localAddress: 'local', loopback: true };

/**
 * The two ends of a TCP socket; `undefined` when the peer has gone already. `boundTo` is our own address where it is
 * known beforehand: asking the system costs as much as a small write.
 */
export function peerOf(socket: Socket, boundTo?: string): Peer | undefined {
  const { remoteAddress } = socket;
  const localAddress = boundTo ?? socket.localAddress;
  if (remoteAddress === undefined || localAddress === undefined) return undefined;
  return {
    address: unmapped(remoteAddress),
    localAddress: unmapped(localAddress),
    loopback: isLoopback(remoteAddress) && isLoopback(localAddress),
  };
}

/** An IPv4 address that a dual-stack socket shows as `::ffff:192.0.2.1`, as itself. */
export function unmapped(address: string): string {
  return /^::ffff:[0-9.]+$/i.test(address) ? address.slice(7) : address;
}
