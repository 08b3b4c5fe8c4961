import { knownCode } from '../pop3/exchange-status.ts';
import type { ChannelBinding } from '../sasl/channel-binding.ts';
import { ask, command, mustBeOk, refusal } from './calls.ts';
import { Pop3Error } from './error.ts';
import { speak } from './language.ts';
import { Link } from './link.ts';
import { logIn } from './login.ts';
import { type Pop3ClientOptions, type Settings, settings } from './options.ts';
import { Pop3Client, readCapabilities } from './pop3-client.ts';
import type { Security } from './security.ts';
import { Trace } from './trace.ts';
import { openStream, reason, secure } from './transport.ts';

/**
 * Calls at a POP3 server and logs in.
 *
 * ```ts
 * await using pop = await connect({ host: 'pop.example.org', auth: { user: 'ada', pass: 'analytical engine' } });
 * ```
 *
 * TLS comes first (port 995), or by STLS; without it, or with a certificate that is not the host's, no password is sent
 * and the call rejects. All that can go wrong is a {@link Pop3Error}.
 */
export async function connect(options: Pop3ClientOptions): Promise<Pop3Client> {
  const chosen = settings(options);
  let security: Security = { tls: false };
  try {
    return await call(chosen, (found) => {
      security = found;
    });
  } catch (error) {
    const second = asSecondUser(chosen, security, error);
    if (second === undefined) throw error;
    // A connection of its own: servers may end one after a refusal, and nothing is bound to one twice (SCRAM-24).
    return await call(second).catch((again: unknown) => {
      throw again instanceof Pop3Error && again.code === 'AUTH_FAILED' ? error : again;
    });
  }
}

/** The same call as somebody else, where that may be made: only to a server that is known to be the same (TLS-25). */
function asSecondUser(chosen: Settings, security: Security, error: unknown): Settings | undefined {
  const { auth, socket, secure } = chosen;
  if (auth?.secondUser === undefined || socket !== undefined) return undefined;
  if (!(error instanceof Pop3Error) || error.code !== 'AUTH_FAILED') return undefined;
  if (!security.tls || !security.verified) return undefined;
  const stls = secure ? chosen.stls : 'required';
  return { ...chosen, stls, allowInsecureAuth: false, auth: { ...auth, user: auth.secondUser } };
}

async function call(chosen: Settings, found: (security: Security) => void = () => {}): Promise<Pop3Client> {
  const trace = new Trace(chosen.logger);
  if (chosen.signal?.aborted) throw aborted(chosen.signal);
  const tcp = await openStream(chosen);
  const implicit = chosen.secure ? await secure(tcp, chosen, 'implicit') : undefined;
  if (implicit !== undefined) trace.note(`${implicit.security.version} ${implicit.security.cipher}`);
  const link = new Link(implicit?.stream ?? tcp, { ...chosen, trace, line: chosen.limits.line });
  const abort = () => link.fail(link.aborted(chosen.signal as AbortSignal));
  chosen.signal?.addEventListener('abort', abort);
  link.onSettled(() => chosen.signal?.removeEventListener('abort', abort));
  try {
    return await begin(link, chosen, implicit ?? { security: { tls: false }, binding: undefined }, found);
  } catch (error) {
    link.fail(error instanceof Pop3Error ? withTranscript(error, trace) : unexpected(error));
    // If the session was over before, the call that found out says less than what it was over by.
    throw link.failure;
  }
}

/** How the connection is kept from others, and what can be bound to it. */
interface Secured {
  readonly security: Security;
  readonly binding: ChannelBinding | undefined;
}

async function begin(
  link: Link,
  chosen: Settings,
  before: Secured,
  found: (security: Security) => void,
): Promise<Pop3Client> {
  const status = await link.greeting();
  if (!status.ok) throw refusal(link, 'the call', status, { code: 'REFUSED', retryable: true });
  const greeting = link.trace.seemly(status.text);
  let { security, binding } = before;
  let capabilities = await readCapabilities(link);
  if (!security.tls && chosen.stls !== 'never') {
    if (capabilities.stls) {
      await mustBeOk(link, command('STLS')).catch((error: Pop3Error) => {
        // A server that offers STLS and will not do it is not to be told from somebody in between (STLS-14).
        throw error.code === 'REFUSED' ? link.error('TLS_UNAVAILABLE', error.message, { cause: error }) : error;
      });
      const secured = await link.switchTo((stream) => secure(stream, chosen, 'stls'));
      ({ security, binding } = secured);
      link.trace.note(`${secured.security.version} ${secured.security.cipher}`);
      // What was said in the clear may have been anybody's (STLS-08).
      capabilities = await readCapabilities(link);
    } else if (chosen.stls === 'required') {
      throw link.error('TLS_UNAVAILABLE', `${chosen.host} offers no STLS, and requireTLS is not false`);
    }
  }
  // Whether there is TLS has been settled above: STLS is not sent any more behind UTF8 (STLS-15).
  const utf8 = chosen.utf8 && capabilities.utf8 !== undefined && (await enterUtf8(link));
  if (chosen.language !== undefined && capabilities.lang) await speakIfPossible(link, chosen.language);
  if (chosen.auth === undefined) {
    return new Pop3Client(link, chosen, { greeting, security, capabilities, utf8, method: undefined });
  }
  found(security);
  const { auth, allowInsecureAuth } = chosen;
  const certificate = chosen.tls.cert !== undefined || chosen.tls.pfx !== undefined;
  const situation = { auth, allowInsecureAuth, capabilities, greeting: status.text, security, binding, certificate };
  const method = await logIn(link, situation, chosen);
  const pop = new Pop3Client(link, chosen, { greeting, security, capabilities, utf8, method });
  await pop.begin(chosen.ahead);
  return pop;
}

/** A server that offers UTF8 mode and will not have it now gives letters as ASCII, as to anybody (RFC 6856 §2.1). */
async function enterUtf8(link: Link): Promise<boolean> {
  const asked = command('UTF8');
  const status = await ask(link, asked);
  if (!status.ok && knownCode(status.code) !== undefined) throw refusal(link, asked.shown, status);
  return status.ok;
}

/** A language that is not to be had is no reason not to call: the words are for people (UTF-14). */
async function speakIfPossible(link: Link, language: string): Promise<void> {
  await speak(link, language).catch((error: unknown) => {
    if (!(error instanceof Pop3Error) || error.code !== 'REFUSED') throw error;
  });
}

/** Errors from before there was a dialog, or beside it, get what was said until then. */
function withTranscript(error: Pop3Error, trace: Trace): Pop3Error {
  if (error.transcript.length > 0) return error;
  const { code, message, cause, retryable, command } = error;
  return new Pop3Error(code, message, {
    cause,
    retryable,
    transcript: trace.tail,
    ...(command !== undefined && { command }),
  });
}

function aborted(signal: AbortSignal): Pop3Error {
  return new Pop3Error('ABORTED', 'the caller ended it', { cause: signal.reason });
}

/** What a caller's own function threw, of which only the caller knows what it means. */
function unexpected(error: unknown): Pop3Error {
  return new Pop3Error('ABORTED', `the credentials could not be had: ${reason(error)}`, { cause: error });
}
