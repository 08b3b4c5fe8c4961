import { facts, table } from '../../cli/table.ts';
import type { Sample } from './sample.ts';
import type { SoakReport } from './soak.ts';

const MIB = 2 ** 20;
const ROWS = 20;
const BARS = '▁▂▃▄▅▆▇█';
const WIDTH = 60;

/** What is shown of a run at its end, for people. */
export function shown({ seconds, seed, samples, happened, violations, errors, verdicts, sound }: SoakReport): string {
  const some = samples.filter(
    (_, index) => index % Math.ceil(samples.length / ROWS) === 0 || index === samples.length - 1,
  );
  const lines = [
    `${(seconds / 60).toFixed(1)} minutes, seed ${seed}\n`,
    table(
      [
        'second',
        'RSS MiB',
        'PSS MiB',
        'heap MiB',
        'threads',
        'open files',
        'sessions',
        'files',
        'MiB stored',
        'MiB index',
        'MiB log',
        'ms late',
      ],
      some.map((sample) => row(sample)),
    ),
    `RSS     ${plot(samples.map(({ resident }) => resident))}`,
    `heap    ${plot(samples.map(({ heap }) => heap))}`,
    `stored  ${plot(samples.map(({ stored }) => stored))}\n`,
    facts(Object.entries(happened).sort(([one], [other]) => (one < other ? -1 : 1))),
    table(
      ['', 'found', 'bound', ''],
      verdicts.map(({ what, found, bound, holds }) => [what, found, bound, holds ? 'holds' : 'BROKEN']),
    ),
    ...violations.map(({ kind, maildrop, what }) => `${kind.toUpperCase()} ${maildrop}: ${what}`),
    ...errors.map((line) => `ERROR ${line}`),
    `${count('lost')} lost, ${count('twice')} twice, ${count('damaged')} changed, ${count('came-back')} came back, ${errors.length} errors: ${sound ? 'sound' : 'NOT SOUND'}`,
  ];
  return `${lines.join('\n')}\n`;

  function count(kind: string): number {
    return violations.filter((violation) => violation.kind === kind).length;
  }
}

function row(sample: Sample): readonly number[] {
  const mebibytes = (octets: number) => Math.round((octets / MIB) * 10) / 10;
  const { at, resident, proportional, heap, threads, descriptors, sessions, files, stored, index, log, delay } = sample;
  return [
    Math.round(at),
    mebibytes(resident),
    mebibytes(proportional),
    mebibytes(heap),
    threads,
    descriptors,
    sessions,
    files,
    mebibytes(stored),
    mebibytes(index),
    mebibytes(log),
    Math.round(delay),
  ];
}

/** Values as a row of bars from nothing to the largest. */
function plot(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  const width = Math.min(WIDTH, values.length);
  const bars = Array.from({ length: width }, (_, column) => {
    const value = values[Math.floor((column * values.length) / width)] ?? 0;
    return BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))];
  });
  return `${bars.join('')} up to ${(most / MIB).toFixed(1)} MiB`;
}
