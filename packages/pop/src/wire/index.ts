/**
 * Between octets and lines: what POP, SMTP and LMTP share. Everything here takes its input cut anywhere, is bounded in
 * memory, and searches no octet twice.
 * @module
 */
export { decodeBase64, encodeBase64 } from './base64.ts';
export { Canonicalizer, canonical } from './canonical.ts';
export { type Findings, Inspection } from './inspection.ts';
export { type Line, LineReader, type LineReaderOptions } from './line-reader.ts';
export { Measure, type Measurements, measure } from './measure.ts';
export { Stuffer, TERMINATOR } from './stuffer.ts';
export { Unstuffer } from './unstuffer.ts';
