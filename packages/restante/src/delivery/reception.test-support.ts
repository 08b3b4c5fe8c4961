import type { Store } from '@restante/pop/maildrop';
import type { MemoryStore } from '@restante/pop/testing';
import type { LetterFaults, Transaction } from './effects.ts';
import type { Outcome } from './outcome.ts';
import { Reception, type ReceptionOptions } from './reception.ts';

export const CLEAN: LetterFaults = { bareLineEnd: false, nul: false, tooLarge: false };
export const AT = Date.UTC(2026, 0, 1);

/** `pat+green@d` is an address that leads to two mailboxes, as `pat+green@e` does: to the same. */
export function transaction(...addresses: string[]): Transaction {
  const lists = new Map(addresses.map((text) => text.split('@')[0] ?? '').map((local) => [local, local.split('+')]));
  return {
    number: 1,
    hello: 'mx.example',
    with: 'LMTP',
    returnPath: { text: 'chris@example.org', local: 'chris', domain: 'example.org' },
    parameters: {},
    recipients: addresses.map((text) => {
      const [local = '', domain = ''] = text.split('@');
      return { path: { text, local, domain }, maildrops: lists.get(local) ?? [] };
    }),
  };
}

export function options(store: Pick<Store, 'beginDelivery'>, more: Partial<ReceptionOptions> = {}): ReceptionOptions {
  return {
    store,
    letterLimit: 1_000_000,
    bareLineEnds: 'refuse',
    together: false,
    trace: { hostname: 'store.example', protocol: 'LMTP', id: 'a-1', at: AT },
    ...more,
  };
}

export interface Given {
  readonly to?: readonly string[];
  readonly faults?: Partial<LetterFaults>;
  readonly options?: Partial<ReceptionOptions>;
  readonly cuts?: readonly number[];
}

/** Takes a letter in, cut at these places, and answers the outcomes. */
export async function receive(
  store: Pick<Store, 'beginDelivery'>,
  letter: string | Buffer,
  given: Given = {},
): Promise<Outcome[]> {
  const octets = Buffer.from(letter);
  const reception = new Reception(transaction(...(given.to ?? ['pat@d'])), options(store, given.options));
  const at = [0, ...(given.cuts ?? []).filter((cut) => cut < octets.length), octets.length].sort((a, b) => a - b);
  for (let index = 1; index < at.length; index += 1) {
    const piece = octets.subarray(at[index - 1], at[index]);
    if (piece.length > 0) await reception.write(piece);
  }
  return Promise.all(await reception.end({ ...CLEAN, ...given.faults }));
}

/** The letters of a mailbox, whole. */
export function letters(store: MemoryStore, name: string): string[] {
  const maildrop = store.openMaildrop(name);
  return Array.from({ length: maildrop.count }, (_, index) => {
    let letter = '';
    for (let from = 0; ; from = letter.length) {
      const octets = Buffer.from(maildrop.read(index + 1, from) as Uint8Array).toString('latin1');
      if (octets === '') return letter;
      letter += octets;
    }
  });
}

export const trace = (to: string) =>
  `Return-Path: <chris@example.org>\r\nDelivered-To: ${to}\r\nReceived: from mx.example\r\n\tby store.example with LMTP id a-1\r\n\tfor <${to}>; Thu, 01 Jan 2026 00:00:00 +0000\r\n`;

export const why = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.type === 'placed' ? 'placed' : outcome.why));
