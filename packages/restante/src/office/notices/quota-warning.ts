import { formatOctets } from '../../config/quantity.ts';
import type { MaildropUsage } from '../../store/store.ts';
import type { Notice } from './letter.ts';

export interface QuotaWarning {
  readonly account: string;
  /** What there is, and may be. */
  readonly usage: MaildropUsage;
  /** What the sender is told of a mailbox that is full. */
  readonly over: 'later' | 'never';
  /** At which percentages there is a letter. */
  readonly levels: readonly number[];
}

/** Tells the owner of a mailbox that it fills up, what will happen then, and what to do. */
export function quotaWarning({ account, usage: { count, octets, quota }, over, levels }: QuotaWarning): Notice {
  const percent = quota?.used({ count, octets }) ?? 0;
  const of = [
    ...(typeof quota?.octets === 'number' ? [`${amount(octets)} of ${amount(quota.octets)}`] : []),
    ...(typeof quota?.letters === 'number' ? [`${count} of ${quota.letters} letters`] : []),
  ].join(', and ');
  const then =
    over === 'later'
      ? `When it is full, no new mail is taken. The senders' mail servers try again
for some days, and what does not fit by then goes back to its sender.`
      : `When it is full, no new mail is taken: each letter goes back to its
sender at once.`;
  return {
    subject: percent >= 100 ? 'Your mailbox is full' : `Your mailbox is ${percent} % full`,
    text: `The mailbox ${account} holds ${of}:
that is ${percent} % of what it may hold.

${then} What is there
stays, and can be read and deleted as ever.

What to do:

- Delete letters that you need no more, or move them to folders on your
  own machine. Room is made when your mail program has ended its session.
- Many mail programs leave a copy of every letter on the server. Look for
  "leave messages on server" in the settings of your account, and have
  them removed after some days, or when you delete them.
- Ask the postmaster for more room: answer this letter.

${
  levels.length === 1
    ? `This letter comes once at ${levels[0]} %`
    : `Letters like this one come at ${levels.join(' and ')} %, once each`
}, until the mailbox
is emptier than that again.
`,
  };
}

/** In the largest unit of which there is one at least, with one digit behind the point. */
function amount(octets: number): string {
  const exact = formatOctets(octets);
  if (!/octets?$/.test(exact)) return exact;
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (octets >= size) return `${(Math.floor((octets / size) * 10) / 10).toFixed(1)} ${unit}`;
  }
  return exact;
}
