/**
 * The fields that final delivery puts above a letter: Return-Path, Delivered-To, Received, in this order (SM-60 to
 * SM-62). Fields that the letter brings along, a Return-Path among them, stay as they are.
 * @module
 */
import type { With } from './protocol.ts';

/** What the trace fields tell. */
export interface Trace {
  /** The reverse-path without brackets; empty for `<>`. */
  readonly returnPath: string;
  /** The name that the sender gave itself. */
  readonly hello: string;
  /** The sender's address; absent on a unix socket. */
  readonly address?: string;
  /** Our own name. */
  readonly hostname: string;
  /** RFC 3848. */
  readonly protocol: With;
  /** The cipher suite, by its registered name, when it came inside TLS (RFC 8314 §4.3). */
  readonly cipher?: string;
  /** An id of this transaction, which the log knows too. */
  readonly id: string;
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
  /** Whether this is the only recipient: no letter tells one recipient of another (SM-66). */
  readonly only: boolean;
}

/** The fields for one recipient, each ended by CRLF. */
export function traceFields(trace: Trace, recipient: string): string {
  const to = clean(recipient);
  const from = trace.address === undefined ? helloName(trace) : `${helloName(trace)} (${literal(trace.address)})`;
  const by = `by ${clean(trace.hostname)} with ${trace.protocol} id ${clean(trace.id)}`;
  // Behind `for`, where the grammar has the registered clauses (RFC 5321 §4.4, SM-65).
  const clauses = [
    ...(trace.only ? [`for <${to}>`] : []),
    ...(trace.cipher === undefined ? [] : [`tls ${clean(trace.cipher)}`]),
  ].join(' ');
  const received = [`Received: from ${from}`, clauses === '' ? `${by};` : by];
  received.push(clauses === '' ? date(trace.at) : `${clauses}; ${date(trace.at)}`);
  return `Return-Path: <${clean(trace.returnPath)}>\r\nDelivered-To: ${to}\r\n${received.join('\r\n\t')}\r\n`;
}

/** A date with a numeric zone (RFC 5322 §3.3). */
export function date(at: number): string {
  const second = Math.floor(at / 1000);
  if (second !== latest.second) {
    latest = { second, text: new Date(at).toUTCString().replace('GMT', '+0000') };
  }
  return latest.text;
}

/** Thousands of letters come in a second. */
let latest = { second: Number.NaN, text: '' };

/** An address as RFC 5321 §4.1.3 writes it. */
function literal(address: string): string {
  return address.includes(':') ? `[IPv6:${clean(address)}]` : `[${clean(address)}]`;
}

/**
 * The hello's name, where the grammar has a domain or an address literal: any octet that could open a comment, close
 * the clause or end the line becomes a hyphen (SM-67).
 */
function helloName(trace: Trace): string {
  return trace.hello.slice(0, 255).replace(/[^A-Za-z0-9.:[\]_-]/g, '-') || 'unknown';
}

/** Nothing but printable ASCII, and no more than fits a line (RFC 5322 §2.1.1). */
function clean(text: string): string {
  return text.slice(0, 900).replace(/[^ -~]/g, '?');
}
