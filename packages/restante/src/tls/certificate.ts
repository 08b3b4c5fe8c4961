import { X509Certificate } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { Failure, reasonOf } from '../failure.ts';
import { makeSelfSigned } from './self-signed.ts';

/** Where a certificate and its key are. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that has been read and goes with its key. */
export interface Certificate {
  readonly files: CertificateFiles;
  readonly context: SecureContextOptions;
  /** Names and addresses that it is good for, in its own order. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly validUntil: number;
}

/** The pair of a first start, in the data folder. */
export function ownFiles(dataFolder: string): CertificateFiles {
  return { cert: join(dataFolder, 'tls', 'cert.pem'), key: join(dataFolder, 'tls', 'key.pem') };
}

/** Reads the pair in the data folder, which is made first when there is none. */
export async function ownCertificate(dataFolder: string, hostname: string): Promise<Certificate> {
  const files = ownFiles(dataFolder);
  const [cert, key] = await Promise.all([exists(files.cert), exists(files.key)]);
  // A key without its certificate is what a start that was cut short leaves behind: nobody has trusted that pair yet.
  if (!cert) await makeSelfSigned(files, hostname);
  else if (!key)
    throw new Failure(`${files.key} is missing: put it back, or remove ${files.cert} to have a new pair made`);
  return readCertificate(files);
}

/** Reads a pair and makes sure that it works: whatever is wrong is said at the start, not at each handshake. */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const cert = await read(files.cert, 'tls.cert');
  const key = await read(files.key, 'tls.key');
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
  } catch {
    throw new Failure(`tls.cert: ${files.cert} is not a certificate in PEM form`);
  }
  const context: SecureContextOptions = { cert, key };
  try {
    createSecureContext(context);
  } catch (thrown) {
    const mismatch = thrown instanceof Error && /mismatch/i.test(thrown.message);
    throw new Failure(
      mismatch
        ? `tls.key: ${files.key} is not the key of ${files.cert}`
        : `tls.key: ${files.key} is not a private key in PEM form without a passphrase`,
    );
  }
  return { files, context, names: namesOf(leaf), validUntil: Date.parse(leaf.validTo) };
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

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return false;
    throw new Failure(`${path} cannot be read: ${reasonOf(thrown)}`);
  }
}
