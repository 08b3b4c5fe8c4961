import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, reasonOf } from '../failure.ts';
import { type CertificateFiles, readCertificate } from './certificate.ts';
import { makeSelfSigned } from './self-signed.ts';

const DAY = 86_400_000;
/**
 * How long before its end a certificate of ours is made anew. Late, since whoever trusts the old one has to be given the new
 * one from then on; warnings begin three weeks earlier.
 */
export const RENEWED_AHEAD = 7 * DAY;

/** The pair of a first start, in the data folder. */
export function ownFiles(dataFolder: string): CertificateFiles {
  return { cert: join(dataFolder, 'tls', 'cert.pem'), key: join(dataFolder, 'tls', 'key.pem') };
}

/** Sees to it that there is a pair in the data folder that will last. Answers whether an old one was renewed. */
export async function provideOwn(dataFolder: string, hostname: string, now = Date.now()): Promise<boolean> {
  const files = ownFiles(dataFolder);
  const [cert, key] = await Promise.all([exists(files.cert), exists(files.key)]);
  if (!cert) {
    // A key without its certificate is what a start that was cut short leaves behind: nobody has trusted that pair yet.
    await makeSelfSigned(files, hostname, { now });
    return false;
  }
  if (!key) throw new Failure(`${files.key} is missing: put it back, or remove ${files.cert} to have a new pair made`);
  const own = await readCertificate(files);
  if (own.validUntil > now + RENEWED_AHEAD || !own.ours) return false;
  const [, commonName = hostname] = /^CN=(.*)$/m.exec(own.chain[0].subject) ?? [];
  await makeSelfSigned(files, hostname, { now, old: { key: own.context.key as Buffer, commonName } });
  return true;
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
