import { StoreError, type StoreErrorKind } from '../maildrop/store-error.ts';
import { leniently, preparedName } from '../sasl/credentials.ts';
import type { SaslServerMechanism, SaslStep, Verdict } from '../sasl/mechanism.ts';
import { decodeBase64, encodeBase64 } from '../wire/base64.ts';
import { MaildropView } from './maildrop-view.ts';
import { err, ok } from './replies.ts';
import { loginResponseCode } from './response-codes.ts';
import type { Handlers, Session } from './session.ts';
import { meets } from './situation.ts';

const NOTHING = new Uint8Array();
const CANCEL = '*';

/** The commands of AUTHORIZATION (RFC 1939 §4 and §7, RFC 2595 §4, RFC 5034 §4). */
export const authorization: Handlers<'USER' | 'PASS' | 'AUTH' | 'STLS'> = {
  /** The reply is the same for known and unknown names (P3-29). */
  USER(session, octets) {
    const name = preparedName(octets);
    if (name === undefined) return session.bad('that cannot be a name');
    session.leaveUser(name);
    session.send(ok('send the password'));
  },

  PASS(session, octets) {
    const name = session.user;
    if (name === undefined) return session.bad('USER comes right before PASS');
    const login = { mechanism: 'USER', authenticationIdentity: name, password: leniently(octets) };
    session.ask({ type: 'authenticate', login }, (verdict) => conclude(session, 'USER', verdict));
  },

  AUTH(session, { mechanism: name, initial }) {
    const mechanism = session.service.mechanisms.get(name);
    if (mechanism === undefined || !meets(session.situation, mechanism.plaintext ? 'cleartext' : undefined)) {
      return session.bad('no such mechanism here');
    }
    if (initial === undefined) return exchange(session, name, undefined, mechanism);
    if (!mechanism.clientFirst) return session.bad(`${name} takes no initial response`);
    const response = initial === '=' ? NOTHING : decodeBase64(initial);
    if (response === undefined) return session.bad('the initial response is not base64');
    exchange(session, name, response, mechanism);
  },

  /** Octets that stand behind the command were not meant for this side of TLS: nothing is answered (STLS-06). */
  STLS(session) {
    if (session.pending > 0) return session.close('error', 'octets came in the clear behind STLS');
    session.send(ok('begin TLS'));
    session.ask({ type: 'secure' }, () => {
      if (session.pending > 0) return session.close('error', 'octets came in the clear behind STLS');
      session.situation = { ...session.situation, secure: true, cleartext: true };
    });
  },
};

/** Hands a message of the client's to the mechanism and goes on as it says. */
function exchange(session: Session, name: string, response: Uint8Array | undefined, begin?: SaslServerMechanism): void {
  session.ask({ type: 'exchange', response, ...(begin !== undefined && { mechanism: begin }) }, (step: SaslStep) => {
    if (step.type === 'malformed') return session.bad(`that is no message of ${name}`);
    if (step.type !== 'challenge') return conclude(session, name, step);
    session.send(`+ ${encodeBase64(step.data)}\r\n`);
    session.expectResponse((line) => {
      const text = line.toString('latin1');
      if (text === CANCEL) return session.send(err('cancelled'));
      const octets = decodeBase64(text);
      if (octets === undefined) return session.bad('the response is not base64');
      exchange(session, name, octets);
    });
  });
}

/** Every refusal of credentials says [AUTH], and nothing else does (RC-02, RC-03). */
function conclude(session: Session, mechanism: string, verdict: Verdict): void {
  switch (verdict.type) {
    case 'accepted':
      open(session, mechanism, verdict.account);
      break;
    case 'unavailable':
      session.send(err('cannot tell now, try again later', 'SYS/TEMP'));
      break;
    case 'refused':
      session.tally.failedLogins += 1;
      session.ask({ type: 'delay' }, () => {
        session.send(err('name or password is wrong', 'AUTH'));
        if (session.tally.failedLogins >= session.service.failedLogins) session.close('refused');
      });
  }
}

/** A store that cannot be read is an error, never an empty maildrop (P3-22). */
function open(session: Session, mechanism: string, account: string): void {
  session.ask({ type: 'open', account }, (opened) => {
    if (opened instanceof StoreError) {
      return session.send(err(unopened(opened.kind), loginResponseCode(opened.kind)));
    }
    session.tally.account = account;
    session.tally.mechanism = mechanism;
    session.enterTransaction(new MaildropView(opened.count, opened.octets));
    session.send(ok(`maildrop has ${session.view.summary}`));
  });
}

function unopened(kind: StoreErrorKind): string {
  if (kind === 'in-use') return 'another session has the maildrop';
  return kind === 'too-soon' ? 'it is too soon after the last login' : 'the maildrop cannot be opened';
}
