import type { Peer, SessionReport } from '@restante/pop/server';
import type { Log } from './log.ts';

/** The line of a POP3 session. */
export function logSession(log: Log, report: SessionReport): void {
  const { peer, session, account, mechanism, end, reason, protocol: _, milliseconds, ...counts } = report;
  const line = {
    session,
    account,
    ...peerFields(peer),
    mechanism,
    end,
    reason,
    ms: Math.round(milliseconds),
    ...counts,
  };
  if (end === 'error') log.warn(line, 'POP3 session');
  else log.info(line, 'POP3 session');
}

/** Who it was, by which proxy, and how well the connection was kept from listeners (TLS-08). */
export function peerFields({ address, proxy, tls }: Peer): Readonly<Record<string, string | undefined>> {
  return { address, proxy, tls: tls?.version, cipher: tls?.cipher };
}
