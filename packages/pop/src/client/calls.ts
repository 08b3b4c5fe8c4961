import type { Request } from '../pop3/exchange-request.ts';
import { request } from '../pop3/exchange-request.ts';
import type { Status } from '../pop3/exchange-status.ts';
import { knownCode } from '../pop3/exchange-status.ts';
import { Pop3Error, type Pop3ErrorCode } from './error.ts';
import type { Call, Link } from './link.ts';

/** A command, or a {@link Pop3Error} `ARGUMENT` when it cannot be sent. */
export function command(...given: Parameters<typeof request>): Request {
  try {
    return request(...given);
  } catch (error) {
    throw new Pop3Error('ARGUMENT', (error as Error).message, { command: given[0] });
  }
}

/** Sends a command and resolves to its status, `+OK` or `-ERR`, once the response is whole. Lines go to `take`. */
export function ask(
  link: Link,
  asked: Request,
  { signal, take }: { readonly signal?: AbortSignal | undefined; readonly take?: (line: Buffer) => void } = {},
): Promise<Status> {
  return new Promise((resolve, reject) => {
    let first: Status | undefined;
    const settled = () => signal?.removeEventListener('abort', abort);
    const whole = () => {
      settled();
      resolve(first as Status);
    };
    const call: Call = {
      ...asked,
      status(status, over) {
        first = status;
        if (over) whole();
      },
      whole,
      ...(take !== undefined && { listed: take }),
      failed(error) {
        settled();
        reject(error);
      },
    };
    // One that was sent already is answered all the same, and the answer goes nowhere.
    const abort = () => {
      link.withdraw(call);
      call.failed(link.aborted(signal as AbortSignal, call.shown), true);
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    link.send(call);
  });
}

const CODES: Readonly<Record<NonNullable<ReturnType<typeof knownCode>>, Pop3ErrorCode>> = {
  AUTH: 'AUTH_FAILED',
  'IN-USE': 'IN_USE',
  'LOGIN-DELAY': 'LOGIN_DELAY',
  'SYS/TEMP': 'SYS_TEMP',
  'SYS/PERM': 'SYS_PERM',
  UTF8: 'UTF8_NEEDED',
};

/** The error that an -ERR stands for (RC-06); `otherwise` when no code says what it is. */
export function refusal(
  link: Link,
  shown: string,
  status: Status,
  otherwise: { readonly code: Pop3ErrorCode; readonly retryable?: boolean } = { code: 'REFUSED' },
): Pop3Error {
  const known = knownCode(status.code);
  const { code, retryable } = known === undefined ? otherwise : { code: CODES[known], retryable: undefined };
  return link.error(code, `${shown} was refused: ${status.text === '' ? 'without a word' : status.text}`, {
    command: shown,
    ...(status.code !== undefined && { responseCode: status.code }),
    ...(retryable !== undefined && { retryable }),
  });
}

/** As {@link ask}, but an -ERR is an error. */
export async function mustBeOk(link: Link, asked: Request, options?: Parameters<typeof ask>[2]): Promise<Status> {
  const status = await ask(link, asked, options);
  if (!status.ok) throw refusal(link, asked.shown, status);
  return status;
}
