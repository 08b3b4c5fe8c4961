/**
 * The two protocols by which mail comes in. A session, its replies and what becomes of a letter are the same but for
 * what stands here, and for the rows of the command table that only one of them has.
 * @module
 */

/** Words for Received (RFC 3848, IANA's mail transmission types). */
export type With = 'SMTP' | 'ESMTP' | 'ESMTPS' | 'LMTP' | 'LMTPS';

export type Hello = 'EHLO' | 'HELO' | 'LHLO';

export interface Protocol {
  readonly name: 'SMTP' | 'LMTP';
  /** The name where protocols are counted. */
  readonly label: 'smtp' | 'lmtp';
  /** What a peer is told to begin with. */
  readonly hello: Hello;
  /** What a letter has come by, after each hello: in the clear and inside TLS. */
  readonly with: Readonly<Partial<Record<Hello, { readonly clear: With; readonly secure: With }>>>;
  /**
   * `each`: every recipient has a reply of its own behind the letter (RFC 2033 §4.2). `one`: they share one (RFC 5321
   * §4.2.5), so all of them get the letter or none does, and what can be known before is asked at RCPT (SM-31).
   */
  readonly replies: 'one' | 'each';
  /** Whether port 25 is its own. */
  readonly port25: boolean;
  /**
   * Whether a sender may ask, by the MAIL parameter XBARECR, that a CR which stands alone is kept in its letter: our own
   * delivery command does (SM-21). Mail that goes no further can have one; a letter from the network could not.
   */
  readonly bareCr: boolean;
}

/** RFC 5321. HELO brought into TLS is still SMTP: no word for it is registered, the tls clause tells. */
export const SMTP: Protocol = {
  name: 'SMTP',
  label: 'smtp',
  hello: 'EHLO',
  with: { EHLO: { clear: 'ESMTP', secure: 'ESMTPS' }, HELO: { clear: 'SMTP', secure: 'SMTP' } },
  replies: 'one',
  port25: true,
  bareCr: false,
};

/** RFC 2033. */
export const LMTP: Protocol = {
  name: 'LMTP',
  label: 'lmtp',
  hello: 'LHLO',
  with: { LHLO: { clear: 'LMTP', secure: 'LMTPS' } },
  replies: 'each',
  port25: false,
  bareCr: true,
};
