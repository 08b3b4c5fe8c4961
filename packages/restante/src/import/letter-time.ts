import { fieldTime } from './from-line.ts';
import { headerField } from './header-field.ts';

/** When a letter came, by what it says itself: the last hop's Received field, else its own date; undefined when it says neither. */
export function letterTime(head: Buffer): number | undefined {
  return timeOf(headerField(head, 'Received')) ?? timeOf(headerField(head, 'Date'));
}

function timeOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : fieldTime(value);
}
