import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ChannelBinding } from '../sasl/channel-binding.ts';
import { tlsBindings } from '../sasl/tls-binding.ts';
import { Pop3Error, type Pop3ErrorCode } from './error.ts';
import { verifiedName } from './identity.ts';
import type { Settings } from './options.ts';
import { fingerprint, fittingPin } from './pins.ts';
import type { Security } from './security.ts';

export interface SecureStream {
  readonly stream: TLSSocket;
  readonly security: Security & { readonly tls: true };
  /** The best that mechanisms can bind themselves to the connection by (RFC 9266 §3). */
  readonly binding: ChannelBinding | undefined;
}

/** A connection to the server: the one that was given, or one by TCP, IPv6 and IPv4 raced (RFC 8305). */
export async function openStream(settings: Settings): Promise<Duplex> {
  if (settings.socket !== undefined) return settings.socket;
  const { host, port, localAddress, lookup } = settings;
  const socket = connectTcp({
    host,
    port,
    autoSelectFamily: true,
    noDelay: true,
    ...(localAddress !== undefined && { localAddress }),
    ...(lookup !== undefined && { lookup }),
  });
  await happened(socket, 'connect', settings, (error) => {
    return new Pop3Error('NETWORK', `${host} port ${port} cannot be reached: ${reason(error)}`, { cause: error });
  });
  return socket;
}

/**
 * TLS over a connection, the certificate looked at before it is handed out (STLS-13, TLS-04): verified as the host's
 * unless `rejectUnauthorized` is false, and one of the pins if there are any.
 */
export async function secure(stream: Duplex, settings: Settings, by: 'implicit' | 'stls'): Promise<SecureStream> {
  const { host } = settings;
  const { pins, rejectUnauthorized = true, minVersion, ...options } = settings.tls;
  const name = options.servername ?? host;
  let found: string | undefined;
  let socket: TLSSocket;
  try {
    socket = connectTls({
      ALPNProtocols: ['pop3'],
      ...options,
      socket: stream,
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : { servername: '' }),
      minVersion: minVersion === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
      rejectUnauthorized,
      checkServerIdentity(_, certificate) {
        found = verifiedName({ host: name, foundBy: settings.foundBy, by }, certificate);
        if (found !== undefined) return undefined;
        const { domain, hostCounts } = settings.foundBy ?? { hostCounts: true };
        const wanted = [...(hostCounts ? [name] : []), ...(domain === undefined ? [] : [domain])].join(' or ');
        return new Error(`it is for ${certificate.subjectaltname ?? 'no host at all'}, and not for ${wanted}`);
      },
    });
  } catch (error) {
    throw new Pop3Error('ARGUMENT', `TLS cannot be set up: ${reason(error)}`, { cause: error });
  }
  try {
    await happened(socket, 'secureConnect', settings, (error) => handshakeError(socket, host, error));
  } catch (error) {
    stream.destroy();
    throw error;
  }
  const certificate = socket.getPeerX509Certificate();
  const pin = certificate === undefined || pins === undefined ? undefined : fittingPin(certificate, pins);
  if (certificate === undefined || (pins !== undefined && pin === undefined)) {
    socket.destroy();
    stream.destroy();
    throw new Pop3Error('TLS_CERTIFICATE', `the certificate of ${host} is none of those that were pinned`);
  }
  const verified = socket.authorized || pin !== undefined;
  const security = {
    tls: true,
    by,
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    ...(typeof socket.alpnProtocol === 'string' && { alpn: socket.alpnProtocol }),
    verified,
    ...(socket.authorized && found !== undefined && { verifiedName: found }),
    ...(pin !== undefined && { pin }),
    fingerprint: fingerprint(certificate),
  } as const;
  // Node gives the certificate once only, so the bindings are made of it here.
  return { stream: socket, security, binding: tlsBindings(socket, certificate.raw)[0] };
}

/** Waits for an event of a stream's, within the time for connecting; a stream that does not get there is destroyed. */
async function happened(
  stream: Duplex,
  event: 'connect' | 'secureConnect',
  { clock, connectionTimeout, signal }: Settings,
  broken: (error: unknown) => Pop3Error,
): Promise<void> {
  let settle: (outcome?: Pop3Error) => void = () => {};
  const outcome = new Promise<Pop3Error | undefined>((resolve) => {
    settle = resolve;
  });
  const done = () => settle();
  const error = (cause: unknown) => settle(broken(cause));
  const closed = () => settle(broken(new Error('the connection was closed')));
  const aborted = () => settle(new Pop3Error('ABORTED', 'the caller ended it', { cause: signal?.reason }));
  const what = event === 'connect' ? 'connection' : 'TLS';
  const timer = clock.set(
    () => settle(new Pop3Error('TIMEOUT', `there was no ${what} within ${connectionTimeout} ms`)),
    connectionTimeout,
  );
  stream.once(event, done).once('error', error).once('close', closed);
  signal?.addEventListener('abort', aborted);
  const failure = await outcome;
  timer.clear();
  signal?.removeEventListener('abort', aborted);
  stream.off(event, done).off('error', error).off('close', closed);
  if (failure === undefined) return;
  // A stream that is given up may still have something to say.
  stream.on('error', () => {});
  stream.destroy();
  throw failure;
}

function handshakeError(socket: TLSSocket, host: string, error: unknown): Pop3Error {
  const code: Pop3ErrorCode = socket.authorizationError ? 'TLS_CERTIFICATE' : 'TLS_HANDSHAKE';
  const what = code === 'TLS_CERTIFICATE' ? `the certificate of ${host} is not to be trusted` : `no TLS with ${host}`;
  return new Pop3Error(code, `${what}: ${inWords(error)}`, { cause: error });
}

/** OpenSSL's own message begins with a thread's number and ends with a line of its source, and a line end. */
function inWords(error: unknown): string {
  if (!(error instanceof Error) || !('library' in error && 'reason' in error)) return reason(error);
  const why = String(error.reason);
  return NO_TLS.test(why) ? `what answers there is not TLS (${why})` : why;
}

const NO_TLS = /wrong version number|packet length too long|record layer failure|http request/;

/** Node's message; when several addresses were tried its own is empty, and theirs are not. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  return error instanceof Error ? error.message : String(error);
}
