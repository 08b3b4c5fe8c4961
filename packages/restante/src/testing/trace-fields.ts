const TRACE = ['Return-Path', 'Delivered-To', 'Received'];

/**
 * The trace fields that stand above the letter, as it was sent, in what came of it: undefined when the octets are not
 * such fields followed by the letter, octet for octet. RFC 5321 §4.4: nothing but these is added, and only above.
 */
export function traceAbove(sent: Buffer, came: Buffer): string | undefined {
  const trace = came.length - sent.length;
  if (trace < 0 || !came.subarray(trace).equals(sent)) return undefined;
  const text = came.toString('latin1', 0, trace);
  const field = new RegExp(`(?:(?:${TRACE.join('|')}):[^\\r\\n]*\\r\\n(?:[ \\t][^\\r\\n]*\\r\\n)*)`, 'y');
  let end = 0;
  while (end < trace) {
    field.lastIndex = end;
    if (!field.test(text)) return undefined;
    end = field.lastIndex;
  }
  return text;
}

/** Lines that end with LF, as programs on Unix keep them, ended with CRLF again. */
export function withCrlf(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replaceAll(/(?<!\r)\n/g, '\r\n'), 'latin1');
}

/** The letter below the three fields that the office puts above it, for finding out which letter it is. */
export function belowTrace(came: Buffer): Buffer {
  const text = came.toString('latin1', 0, 4096);
  const trace = /^Return-Path: .*\r\nDelivered-To: .*\r\nReceived: .*\r\n(?:[ \t].*\r\n)*/.exec(text)?.[0];
  if (trace === undefined) throw new Error(`not the trace fields that were due: ${JSON.stringify(text.slice(0, 300))}`);
  return came.subarray(trace.length);
}
