/**
 * The commands by which a peer says who it is, and asks to be kept from listeners.
 * @module
 */
import type { Hello } from './protocol.ts';
import * as replies from './replies.ts';
import type { DeliverySession, Handlers } from './session.ts';

export const hello: Handlers<Hello | 'STARTTLS'> = {
  EHLO: (session, name) => introduce(session, 'EHLO', name),
  HELO: (session, name) => introduce(session, 'HELO', name),
  LHLO: (session, name) => introduce(session, 'LHLO', name),

  /** Octets that stand behind the command were not meant for this side of TLS: nothing is answered (SM-16). */
  STARTTLS(session) {
    if (session.secure) return session.bad(replies.ALREADY_SECURE);
    if (!session.offersTls) return session.bad(replies.NO_CERTIFICATE);
    if (session.pending > 0) return session.close('error', INJECTED);
    session.forget(() => {
      session.send(replies.BEGIN_TLS);
      session.ask({ type: 'secure' }, () => {
        if (session.pending > 0) return session.close('error', INJECTED);
        session.hello = undefined;
        session.secure = true;
      });
    });
  },
};

const INJECTED = 'octets came in the clear behind STARTTLS';

function introduce(session: DeliverySession, keyword: Hello, name: string): void {
  if (!/^[!-~]{1,255}$/.test(name)) {
    session.bad(replies.WRONG_ARGUMENT[keyword]);
    return;
  }
  session.forget(() => {
    session.hello = { keyword, name };
    const { hostname, limits } = session.options;
    session.send(
      keyword === 'HELO'
        ? replies.plainHello(hostname)
        : replies.hello(hostname, {
            size: limits.letter,
            startTls: session.offersTls,
            bareCr: session.options.protocol.bareCr,
          }),
    );
  });
}
