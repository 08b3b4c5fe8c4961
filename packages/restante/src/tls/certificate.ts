import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { Failure, reasonOf } from '../failure.ts';

/** Where a certificate and its key are. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that has been read, is whole, and goes with its key. */
export interface Certificate {
  readonly files: CertificateFiles;
  readonly context: SecureContextOptions;
  /** It, and those of the authorities behind it, as they stand in the file. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  /** Names and addresses that it is good for, in its own order. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** Whether everybody on the machine may read the key. */
  readonly keyIsOpen: boolean;
  /** Whether the office made it, and makes it anew before it runs out. */
  readonly ours: boolean;
}

/** The octets of both files, as they were at one moment, and what tells them from others. */
export interface PairOctets {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly keyIsOpen: boolean;
  readonly mark: string;
}

/** Reads a pair and makes sure that it works: whatever is wrong is said at the start, not at each handshake. */
export async function readCertificate(files: CertificateFiles, where = 'tls'): Promise<Certificate> {
  return certificateOf(await readPair(files, where), files, where);
}

/** Reads both files. `where` is the table of the settings that names them. */
export async function readPair(files: CertificateFiles, where: string): Promise<PairOctets> {
  const cert = await read(files.cert, `${where}.cert`);
  const key = await read(files.key, `${where}.key`);
  const { mode } = await stat(files.key);
  const mark = [cert, key].map((octets) => createHash('sha256').update(octets).digest('hex')).join();
  return { cert, key, keyIsOpen: (mode & 0o004) !== 0, mark };
}

/** Makes sure that the two are whole and belong together; throws a {@link Failure} that says what is wrong, and no octet of the key. */
export function certificateOf(octets: PairOctets, files: CertificateFiles, where: string): Certificate {
  const { cert, key, keyIsOpen } = octets;
  const chain = chainOf(cert, `${where}.cert: ${files.cert}`);
  const [leaf] = chain;
  const privateKey = privateKeyOf(key, `${where}.key: ${files.key}`);
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new Failure(
      chain.some((other) => other.checkPrivateKey(privateKey))
        ? `${where}.cert: ${files.cert} must have the certificate first and those of its authorities behind it`
        : `${where}.key: ${files.key} is not the key of ${files.cert}`,
    );
  }
  const context: SecureContextOptions = { cert, key };
  try {
    createSecureContext(context);
  } catch (thrown) {
    throw new Failure(`${where}.cert: ${files.cert} cannot be used for TLS: ${reasonOf(thrown)}`);
  }
  const names = namesOf(leaf);
  return {
    files,
    context,
    chain,
    names,
    validFrom: Date.parse(leaf.validFrom),
    validUntil: Date.parse(leaf.validTo),
    keyIsOpen,
    ours: isOurs(leaf, names),
  };
}

/** Whether a certificate is signed with its own key. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey);
}

/** TLS web server authentication (RFC 5280 §4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Whether it is just as `makeSelfSigned` makes them: what somebody else put into its place is theirs to renew. */
function isOurs(leaf: X509Certificate, names: readonly string[]): boolean {
  const alike = leaf.ca && names[0] === 'localhost' && names.includes('127.0.0.1') && names.length >= 3;
  return alike && leaf.keyUsage?.join() === SERVER_AUTH && isSelfSigned(leaf);
}

const BEGIN = '-----BEGIN CERTIFICATE-----';
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** All certificates of a file. A file that is being written must not pass for one with a shorter chain. */
function chainOf(pem: Buffer, what: string): [X509Certificate, ...X509Certificate[]] {
  const text = pem.toString('latin1');
  const blocks = text.match(BLOCK) ?? [];
  const begun = text.split(BEGIN).length - 1;
  if (begun > blocks.length)
    throw new Failure(`${what} is not whole: certificate ${blocks.length + 1} in it has no end`);
  const [leaf, ...others] = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Failure(`${what} is damaged: certificate ${index + 1} in it cannot be read`);
    }
  });
  if (leaf === undefined) throw new Failure(`${what} is not a certificate in PEM form`);
  return [leaf, ...others];
}

function privateKeyOf(pem: Buffer, what: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (thrown) {
    const locked = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MISSING_PASSPHRASE';
    throw new Failure(
      locked
        ? `${what} is locked with a passphrase, for which nobody could be asked: write it without one, for its owner only`
        : `${what} is not a private key in PEM form, or not whole`,
    );
  }
}

function namesOf(leaf: X509Certificate): readonly string[] {
  const names: string[] = [];
  for (const name of (leaf.subjectAltName ?? '').split(', ')) {
    const [, value] = /^(?:DNS|IP Address):(.+)$/.exec(name) ?? [];
    if (value !== undefined) names.push(value);
  }
  return names;
}

async function read(path: string, key: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw new Failure(`${key}: ${path} cannot be read: ${reasonOf(thrown)}`);
  }
}
