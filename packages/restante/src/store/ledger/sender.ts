/** The envelope's sender as the trace fields above a letter have it (RFC 5321 §4.4); undefined where they do not. */
export function senderOf(trace: Uint8Array): string | undefined {
  const text = Buffer.from(trace.buffer, trace.byteOffset, trace.byteLength).toString();
  return /^Return-Path: *<([^\r\n>]*)>/im.exec(text)?.[1];
}
