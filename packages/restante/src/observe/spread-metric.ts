import type { Histogram } from 'prom-client';
import type { SpreadReading } from '../store/spread.ts';

/** One reading, with the labels that tell it from the others of its metric. */
export interface LabelledSpread {
  readonly labels: Readonly<Record<string, string>>;
  readonly reading: SpreadReading;
}

export interface SpreadMetricOptions {
  readonly name: string;
  readonly help: string;
  /** What a value of the readings is in the metric's unit: 0.001 where milliseconds are shown as seconds. */
  readonly unit: number;
  readonly read: () => Iterable<LabelledSpread>;
}

/**
 * A histogram that is counted elsewhere, in plain numbers. A registry takes whatever has a name and answers `get`; its
 * types know its own classes only, and this stands for one of them.
 */
export function spreadMetric({ name, help, unit, read }: SpreadMetricOptions): Histogram {
  const get = () =>
    Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values: valuesOf(name, unit, read()) });
  return { name, help, get } as unknown as Histogram;
}

function valuesOf(name: string, unit: number, spreads: Iterable<LabelledSpread>) {
  return [...spreads].flatMap(({ labels, reading: { bounds, upTo, count, sum } }) => [
    ...bounds.map((bound, place) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: rounded(bound * unit) },
      value: upTo[place] ?? 0,
    })),
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: rounded(sum * unit) },
    { metricName: `${name}_count`, labels, value: count },
  ]);
}

/** Without the dust of binary fractions: 0.0025, not 0.0025000000000000005. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
