import { createHash, type X509Certificate } from 'node:crypto';

const CERTIFICATE = /^(?:[0-9a-f]{2}:?){32}$/i;
const KEY = /^sha256\/[A-Za-z0-9+/]{43}=$/;

/** Whether it is a pin at all; see {@link fittingPin}. */
export function isPin(pin: string): boolean {
  return CERTIFICATE.test(pin) || KEY.test(pin);
}

/**
 * The pin that a certificate fits. One of 64 hexadecimal digits, with or without colons, is the SHA-256 of the certificate
 * (`openssl x509 -fingerprint -sha256`); `sha256/` and base64 is that of its public key, which outlives renewals (RFC 7469 §2.4).
 */
export function fittingPin(certificate: X509Certificate, pins: readonly string[]): string | undefined {
  const key = createHash('sha256').update(certificate.publicKey.export({ type: 'spki', format: 'der' }));
  const own = new Set([fingerprint(certificate), `sha256/${key.digest('base64')}`]);
  return pins.find((pin) => own.has(pin.startsWith('sha256/') ? pin : pin.replaceAll(':', '').toLowerCase()));
}

/** SHA-256 of a certificate, in hexadecimal. */
export function fingerprint(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}
