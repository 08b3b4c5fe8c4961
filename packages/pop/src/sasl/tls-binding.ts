import { createHash } from 'node:crypto';
import type { ChannelBinding } from './channel-binding.ts';
import { signatureHash } from './signature-hash.ts';

/** What is asked of a TLS connection: Node's `TLSSocket` has it. */
export interface BindableConnection {
  getProtocol(): string | null;
  exportKeyingMaterial(length: number, label: string, context: Buffer): Buffer;
}

/**
 * What both ends of a TLS connection can be bound by, the best first (SCRAM-21). Empty when there is nothing: with TLS
 * 1.2 and a certificate whose signature has no hash of its own.
 *
 * `tls-unique` is none of them: with TLS 1.3 there is none, with 1.2 Node does not say whether it is safe (SCRAM-23).
 *
 * @param certificate the server's, in DER
 */
export function tlsBindings(tls: BindableConnection, certificate: Uint8Array | undefined): readonly ChannelBinding[] {
  const bindings: ChannelBinding[] = [];
  // With TLS 1.2 it would need the extended master secret, of which Node says nothing (SCRAM-22).
  if (tls.getProtocol() === 'TLSv1.3') {
    const data = tls.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
    bindings.push({ type: 'tls-exporter', data });
  }
  const hash = certificate === undefined ? undefined : signatureHash(certificate);
  if (certificate !== undefined && hash !== undefined) {
    // MD5 and SHA-1 are made up for by SHA-256 (RFC 5929 §4.1, SCRAM-25).
    const algorithm = hash === 'md5' || hash === 'sha1' ? 'sha256' : hash;
    bindings.push({ type: 'tls-server-end-point', data: createHash(algorithm).update(certificate).digest() });
  }
  return bindings;
}
