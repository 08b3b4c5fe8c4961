import type { DeliveryReport, DeliverySessionReport } from '../delivery/report.ts';
import type { Log } from './log.ts';
import { peerFields } from './session-line.ts';

/** The line of a letter that came in. A letter that some recipient did not get is worth a second look. */
export function logDelivery(log: Log, report: DeliveryReport): void {
  const { peer, session, id, hello, with: by, returnPath, recipients, octets, milliseconds } = report;
  const line = {
    session,
    id,
    ...peerFields(peer),
    hello,
    with: by,
    from: `<${returnPath}>`,
    recipients,
    octets,
    ms: Math.round(milliseconds),
  };
  if (recipients.every(({ outcome }) => outcome.type === 'placed')) log.info(line, 'delivery');
  else log.warn(line, 'delivery');
}

/** The line of an SMTP or LMTP session. */
export function logDeliverySession(log: Log, report: DeliverySessionReport): void {
  const { peer, session, end, reason, protocol, milliseconds, ...counts } = report;
  const line = { session, ...peerFields(peer), end, reason, ms: Math.round(milliseconds), ...counts };
  const what = `${protocol.toUpperCase()} session`;
  if (end === 'error' || report.trouble !== undefined) log.warn(line, what);
  else log.info(line, what);
}
