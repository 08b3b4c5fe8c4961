import type { DeliveryReport, LmtpSessionReport } from '../delivery/report.ts';
import type { Log } from './log.ts';
import { peerFields } from './session-line.ts';

/** The line of a letter that came in. A letter that some recipient did not get is worth a second look. */
export function logDelivery(log: Log, report: DeliveryReport): void {
  const { peer, session, id, hello, returnPath, recipients, octets, milliseconds } = report;
  const line = {
    session,
    id,
    ...peerFields(peer),
    hello,
    from: `<${returnPath}>`,
    recipients,
    octets,
    ms: Math.round(milliseconds),
  };
  if (recipients.every(({ outcome }) => outcome.type === 'placed')) log.info(line, 'delivery');
  else log.warn(line, 'delivery');
}

/** The line of an LMTP session. */
export function logLmtpSession(log: Log, report: LmtpSessionReport): void {
  const { peer, session, end, reason, protocol: _, milliseconds, ...counts } = report;
  const line = { session, ...peerFields(peer), end, reason, ms: Math.round(milliseconds), ...counts };
  if (end === 'error' || report.trouble !== undefined) log.warn(line, 'LMTP session');
  else log.info(line, 'LMTP session');
}
