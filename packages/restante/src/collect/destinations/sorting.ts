import { addressKey, parseAddress } from '../../delivery/address.ts';
import {
  type DestinationOptions,
  type InnerSpec,
  parseInner,
  type SortedSpec,
  shown,
  type WrongDestination,
  wrong,
} from './spec.ts';

/** How letters of a maildrop that is several people's are told apart. */
export interface SortingRequest {
  /** The header field in which the server that has the maildrop writes the envelope's address. */
  readonly header: string;
  /** What stands before the address in it, as qmail's virtual domains have it: `example.org-`. */
  readonly prefix?: string;
  /** By the office's own routes, or each address with its destination's text; `*` takes what is not listed. */
  readonly to: 'accounts' | Readonly<Record<string, string>>;
}

/** RFC 5322 §2.2: printable ASCII except the colon. */
const FIELD_NAME = /^[!-9;-~]{1,100}$/;

/** Fields of which everybody may write what he likes: not the envelope's address (RFC 5321 §7.2 keeps that out of them). */
const NOT_THE_ENVELOPE: ReadonlySet<string> = new Set(['to', 'cc', 'bcc', 'from', 'sender', 'reply-to', 'subject']);

export function parseSorting(
  request: SortingRequest,
  options: Omit<DestinationOptions, 'recipients'> = {},
): SortedSpec | WrongDestination {
  const header = request.header.trim().replace(/:$/, '');
  if (!FIELD_NAME.test(header)) {
    return wrong('sort-by', `${shown(request.header)} is no name of a header field: for example Delivered-To`);
  }
  if (NOT_THE_ENVELOPE.has(header.toLowerCase())) {
    const remedy =
      'name the one in which the server writes the address that the letter was sent to, such as Delivered-To';
    return wrong(
      'sort-by',
      `${header} is what the sender wrote, and says nothing of whom the letter is for: ${remedy}`,
    );
  }
  const { prefix = '' } = request;
  if (/[^!-~]/.test(prefix) || prefix.length > 255) {
    return wrong('sort-prefix', `${shown(prefix)} cannot stand before an address: for example example.org-`);
  }
  if (request.to === 'accounts')
    return { type: 'sorted', name: `accounts by ${header}`, header, prefix, to: 'accounts' };
  const to = new Map<string, InnerSpec>();
  for (const [address, text] of Object.entries(request.to)) {
    const key = address === '*' ? address : sortingKey(address);
    if (key === undefined)
      return wrong('sort', `${shown(address)} is no address: write NAME@DOMAIN, or * for all others`);
    if (to.has(key)) return wrong('sort', `${shown(address)} stands there twice: an address leads to one place`);
    const inner = parseInner(text, { ...options, recipients: 'envelope' });
    if (inner.type === 'wrong') return { ...inner, message: `${shown(address)}: ${inner.message}` };
    to.set(key, inner);
  }
  if (to.size === 0) return wrong('sort', `letters are to be sorted by ${header}, and no address is listed`);
  return { type: 'sorted', name: `a list by ${header}`, header, prefix, to };
}

/** An address as it is compared; undefined when it is none. */
export function sortingKey(text: string): string | undefined {
  const path = parseAddress(text);
  return path === undefined ? undefined : addressKey(path.local, path.domain);
}
