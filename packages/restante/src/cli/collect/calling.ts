import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { connect, type Pop3Client, type Pop3ClientOptions, Pop3Error } from '@restante/pop/client';
import { Ending } from '../../collect/run/ending.ts';
import { Failure } from '../../failure.ts';

/**
 * Connects as the library does, and says more about it when that fails. A certificate that nobody in Node's own list
 * vouches for is held against the system's authorities too, which take a third of a second to read; if they do not know it
 * either, its fingerprint is told, so that somebody can find out whether it is the right one.
 */
export async function call(options: Pop3ClientOptions): Promise<Pop3Client> {
  // Others call at the same time: what counts is what was trusted when this call began.
  const knewSystem = systemTrusted;
  try {
    return await connect(options);
  } catch (thrown) {
    if (!(thrown instanceof Pop3Error)) throw thrown;
    // What our own functions threw when they were asked for the secret.
    if (thrown.cause instanceof Failure) throw new Ending('login', thrown.cause.message, thrown);
    if (thrown.code !== 'TLS_CERTIFICATE') throw thrown;
    const { ca, pins } = options.tls ?? {};
    if (ca === undefined && pins === undefined && !knewSystem) {
      trustSystem();
      return call(options);
    }
    throw await withFingerprint(thrown, options);
  }
}

let systemTrusted = false;

/** Adds the system's authorities to those that are trusted. */
function trustSystem(): void {
  if (systemTrusted) return;
  systemTrusted = true;
  setDefaultCACertificates([...new Set([...getCACertificates('default'), ...getCACertificates('system')])]);
}

async function withFingerprint(error: Pop3Error, options: Pop3ClientOptions): Promise<Pop3Error> {
  const fingerprint = await fingerprintOf(options);
  if (fingerprint === undefined) return error;
  const { code, retryable, transcript, cause } = error;
  return new Pop3Error(code, `${error.message} (its SHA-256 is ${fingerprint})`, { cause, retryable, transcript });
}

/** Nothing but its certificate is asked of a server that is not trusted. */
async function fingerprintOf(options: Pop3ClientOptions): Promise<string | undefined> {
  const { auth: _, tls: { pins: __, ...tls } = {}, ...others } = options;
  try {
    await using pop = await connect({ ...others, tls: { ...tls, rejectUnauthorized: false } });
    return pop.security.tls ? pop.security.fingerprint : undefined;
  } catch {
    return undefined;
  }
}
