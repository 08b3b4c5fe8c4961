import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import { writeWhole } from '../write-whole.ts';
import type { CertificateFiles } from './certificate.ts';

const DAY = 86_400_000;
const YEAR = 365 * DAY;

/**
 * Ten years. Clients trust this certificate because somebody copied it to them, so every renewal would have to be
 * copied again, and one that runs out after a year takes everybody's mail away one morning. It names only this
 * machine, and it is meant to be replaced (`tls.cert`) before strangers call.
 */
const VALID = 10 * YEAR;

export interface SelfSignedOptions {
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** What is renewed: its key and the name in it stay, so that one file, replaced in one step, is all that changes. */
  readonly old?: { readonly key: Buffer; readonly commonName: string };
}

/**
 * Makes a self-signed certificate for `localhost`, the loopback addresses and the host's name, and its key (EC P-256).
 * It is its own authority (basicConstraints CA, with keyCertSign), so the file serves as a CA file: `curl --cacert`,
 * `openssl -CAfile`. The key is readable by its owner only; each file is complete before its name appears.
 */
export async function makeSelfSigned(
  files: CertificateFiles,
  hostname: string,
  { now = Date.now(), old }: SelfSignedOptions = {},
): Promise<void> {
  // Loaded only here: a first start happens once.
  const { generate } = await import('selfsigned');
  const names = [...new Set(['localhost', hostname])].map((value) =>
    isIP(value) === 0 ? ({ type: 2, value } as const) : ({ type: 7, ip: value } as const),
  );
  const commonName = old?.commonName ?? hostname.slice(0, 64);
  const pair = await generate([{ name: 'commonName', value: commonName }], {
    ...(old !== undefined && { keyPair: keyPairOf(old.key) }),
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // A day back: the clocks of clients are not always right.
    notBeforeDate: new Date(now - DAY),
    notAfterDate: new Date(now + VALID),
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...names, { type: 7, ip: '127.0.0.1' }, { type: 7, ip: '::1' }],
      },
    ],
  });
  await mkdir(dirname(files.key), { recursive: true, mode: 0o700 });
  if (old === undefined) await writeWhole(files.key, pair.private, 0o600);
  await writeWhole(files.cert, pair.cert, 0o644);
}

function keyPairOf(key: Buffer): { privateKey: string; publicKey: string } {
  return {
    privateKey: createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
  };
}
