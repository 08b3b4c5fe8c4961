import { parsePath } from '../../delivery/path.ts';
import { topmostField } from './letter-header.ts';

/**
 * The reverse-path that a letter had when it came to the maildrop, as the server that took it wrote it on top (RFC 5321
 * §4.4); empty where it wrote none, or one that is none.
 */
export function senderOf(head: Buffer): string {
  const value = topmostField(head, 'Return-Path') ?? '';
  return parsePath(value.replace(/^<(.*)>$/, '$1'))?.text ?? '';
}
