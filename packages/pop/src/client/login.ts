import type { MaybePromise } from '../maildrop/maildrop.ts';
import type { Capabilities } from '../pop3/exchange-capabilities.ts';
import type { Status } from '../pop3/exchange-status.ts';
import type { BearerExplanation } from '../sasl/oauthbearer.ts';
import { saslprep } from '../sasl/saslprep.ts';
import { decodeBase64, encodeBase64 } from '../wire/base64.ts';
import { apopDigest, apopTimestamp } from './apop.ts';
import { ask, command, refusal } from './calls.ts';
import { chooseLogin, type LoginSituation } from './choose.ts';
import { Pop3Error } from './error.ts';
import type { Call, Link } from './link.ts';
import type { LoginContext, LoginExchange, LoginMethod } from './mechanisms.ts';
import { reason } from './transport.ts';

/** More challenges than any mechanism has. */
const MOST_CHALLENGES = 16;
const ASCII = /^[\x20-\x7e]*$/;

/**
 * Logs in by the strongest way there is, and says by which. A refusal is final: nothing weaker is tried, and the same
 * password is not offered twice.
 */
export async function logIn(
  link: Link,
  situation: LoginSituation,
  called: { readonly host: string; readonly port: number },
): Promise<string> {
  const { auth } = situation;
  const method = chooseLogin(situation);
  const where = { host: called.host, port: called.port };
  const secret = method.uses === 'certificate' ? '' : await resolved(auth[method.uses]);
  link.trace.hide(secret);
  let { status, refused } = await attempt(link, method, situation, { secret, ...where });
  let failure = status.ok ? undefined : loginRefusal(link, method, situation, status);
  if (failure?.code === 'AUTH_FAILED' && method.uses === 'accessToken' && typeof auth.accessToken === 'function') {
    const token = await auth.accessToken(refused ?? {});
    link.trace.hide(token);
    if (token !== secret) {
      ({ status, refused } = await attempt(link, method, situation, { secret: token, ...where }));
      failure = status.ok ? undefined : loginRefusal(link, method, situation, status);
    }
  }
  if (failure !== undefined) throw failure;
  return method.name;
}

function loginRefusal(link: Link, { name }: LoginMethod, { capabilities }: LoginSituation, status: Status): Pop3Error {
  // Who marks each wrong password as such means something else when there is no mark (RC-07).
  const unmarked = capabilities.authResponseCode
    ? ({ code: 'REFUSED', retryable: true } as const)
    : ({ code: 'AUTH_FAILED' } as const);
  return refusal(link, `the login by ${name}`, status, unmarked);
}

/**
 * A name or password for USER, PASS or APOP, which know no character set: beyond ASCII only to a server that says
 * `UTF8 USER`, and prepared as it will prepare it (RFC 6856 §2.2, UTF-10).
 */
function beyondSasl(text: string, method: string, { utf8 }: Capabilities, use: 'query' | 'stored'): string {
  if (ASCII.test(text)) return text;
  if (utf8?.user !== true) {
    throw new Pop3Error('ARGUMENT', `${method} can send ASCII only, and nothing better is offered (RFC 6856 §2.2)`);
  }
  const prepared = saslprep(text, use);
  if (prepared === undefined || prepared === '') {
    throw new Pop3Error('ARGUMENT', `${method} cannot send this name or password: it has what no name has (RFC 4013)`);
  }
  return prepared;
}

async function resolved(source: string | (() => MaybePromise<string>) | undefined): Promise<string> {
  return typeof source === 'function' ? await source() : (source ?? '');
}

async function attempt(
  link: Link,
  method: LoginMethod,
  { auth, greeting, capabilities, binding }: LoginSituation,
  given: Pick<LoginContext, 'secret' | 'host' | 'port'>,
): Promise<{ readonly status: Status; readonly refused?: BearerExplanation | undefined }> {
  const { user, authorizationIdentity } = auth;
  const { secret } = given;
  const sendable = (text: string, use: 'query' | 'stored') => beyondSasl(text, method.name, capabilities, use);
  switch (method.by) {
    case 'USER': {
      const password = sendable(secret, 'query');
      link.trace.hide(password);
      const pass = command('PASS', password);
      const named = await ask(link, command('USER', sendable(user, 'query')));
      return { status: named.ok ? await ask(link, pass) : named };
    }
    case 'APOP': {
      const digest = apopDigest(apopTimestamp(greeting) ?? '', sendable(secret, 'stored'));
      return { status: await ask(link, command('APOP', `${sendable(user, 'query')} ${digest}`)) };
    }
    case 'AUTH': {
      const context = { user, authorizationIdentity, offered: capabilities.sasl, binding, ...given };
      const exchange = start(method, context);
      return { status: await authenticate(link, method, exchange), refused: exchange.refused?.() };
    }
  }
}

function start(method: LoginMethod, context: LoginContext): LoginExchange {
  try {
    if (method.start === undefined) throw new Error(`${method.name} has no client half`);
    return method.start(context);
  } catch (error) {
    throw new Pop3Error('ARGUMENT', `${method.name}: ${reason(error)}`, { cause: error });
  }
}

/** AUTH (RFC 5034 §4): the initial response with the command where it fits, else behind an empty challenge. */
export function authenticate(link: Link, method: LoginMethod, exchange: LoginExchange): Promise<Status> {
  const { initial } = exchange;
  if (initial !== undefined) link.trace.hide(encodeBase64(initial));
  let unsent = initial;
  let asked = command('AUTH', method.name);
  if (initial !== undefined && !method.inTwoLines) {
    const text = initial.length === 0 ? '=' : encodeBase64(initial);
    try {
      asked = command('AUTH', `${method.name} ${text}`);
      unsent = undefined;
    } catch {
      // It is too long for a command, and no continuation line is (AUTH-13).
    }
  }
  return new Promise((resolve, reject) => {
    let challenges = 0;
    let cancelled: Pop3Error | undefined;
    let isOver = false;
    const cancel = (message: string, cause?: unknown): void => {
      isOver = true;
      cancelled = link.error('PROTOCOL', `${method.name}: ${message}`, { cause, command: asked.shown });
      link.respond('*');
    };
    const answer = (response: Uint8Array): void => {
      // The exchange may be over before the answer is worked out.
      if (isOver) return;
      const text = encodeBase64(response);
      link.trace.hide(text);
      link.respond(text);
    };
    const call: Call = {
      ...asked,
      status(status) {
        isOver = true;
        if (!status.ok) {
          if (cancelled === undefined) resolve(status);
          else reject(cancelled);
          return;
        }
        try {
          if (cancelled !== undefined) throw cancelled;
          exchange.finished?.();
          resolve(status);
        } catch (error) {
          // Whoever takes that for a login is not the server that it claims to be (SCRAM-15).
          const message = `${method.name}: the server accepted what it should not have: ${reason(error)}`;
          link.fail(link.error('PROTOCOL', message, { cause: error }));
          reject(link.failure);
        }
      },
      challenge(data) {
        challenges += 1;
        const challenge = decodeBase64(data);
        if (challenges > MOST_CHALLENGES) {
          link.fail(link.error('PROTOCOL', `${method.name}: the challenges have no end`));
        } else if (challenge === undefined) {
          cancel('the challenge is not base64');
        } else if (unsent !== undefined) {
          const response = unsent;
          unsent = undefined;
          answer(response);
        } else {
          next(challenge);
        }
      },
      failed: reject,
    };
    const next = (challenge: Uint8Array): void => {
      try {
        const response = exchange.next(challenge);
        if (response instanceof Promise) response.then(answer, (error) => cancel(reason(error), error));
        else answer(response);
      } catch (error) {
        cancel(reason(error), error);
      }
    };
    link.send(call);
  });
}
