import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Whom a certificate is for. */
export interface CertificateNames {
  readonly dns?: readonly string[];
  /** Service and domain, `_pop3s.example.org` for example (RFC 4985). */
  readonly srv?: readonly string[];
}

/**
 * A self-signed certificate, good for a day either side of now, made on the spot so that no key has to be kept with the
 * tests. It is its own CA file. Default: for localhost and 127.0.0.1.
 */
export function selfSignedCertificate(names?: CertificateNames): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(objectIdentifier(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const commonName = sequence(objectIdentifier(0x55, 0x04, 0x03), der(0x0c, Buffer.from('localhost')));
  const name = sequence(der(0x31, commonName));
  const alternatives = sequence(...(names === undefined ? LOCALHOST : generalNames(names)));
  const extensions = sequence(
    sequence(objectIdentifier(0x55, 0x1d, 0x11), der(0x04, alternatives)),
    // basicConstraints, critical: a CA, so that it can be trusted as one.
    sequence(objectIdentifier(0x55, 0x1d, 0x13), TRUE, der(0x04, sequence(TRUE))),
  );
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    sequence(time(Date.now() - DAY), time(Date.now() + DAY)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', toBeSigned, privateKey)]));
  const certificate = sequence(toBeSigned, ecdsaWithSha256, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const DAY = 86_400_000;
const TRUE = Buffer.from([0x01, 0x01, 0xff]);

/** A value in DER (X.690 §8.1): tag, length, content. */
function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...content: readonly Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(content));
}

function objectIdentifier(...octets: readonly number[]): Buffer {
  return der(0x06, Buffer.from(octets));
}

const LOCALHOST = [der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1]))];

function generalNames({ dns = [], srv = [] }: CertificateNames): readonly Buffer[] {
  const srvName = objectIdentifier(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x07);
  return [
    ...dns.map((name) => der(0x82, Buffer.from(name))),
    ...srv.map((name) => der(0xa0, Buffer.concat([srvName, der(0xa0, der(0x16, Buffer.from(name)))]))),
  ];
}

function time(milliseconds: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '')}`));
}
