import { cpus, release, totalmem } from 'node:os';
import { table } from '../cli/table.ts';
import { type Comparison, median } from './bench.ts';

/** Ours, which the ratios are to; without it they are to the fastest. */
export const OURS = 'restante';
/** How long the longest bar is. */
const WIDTH = 40;

/** What it was measured on. */
export function machine(): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpu?.model.trim()}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}`;
}

/** A comparison as a table, with bars as long as the times are. */
export function shown({ name, what, results }: Comparison): string {
  const times = results.map(({ seconds }) => median(seconds));
  const ours = median(results.find(({ contestant }) => contestant === OURS)?.seconds ?? []);
  const one = Number.isNaN(ours) ? Math.min(...times) : ours;
  const longest = Math.max(...times);
  const rows = results.map(({ contestant, version, seconds }, index) => {
    const time = times[index] ?? Number.NaN;
    const spread = `${Math.min(...seconds).toFixed(2)}-${Math.max(...seconds).toFixed(2)}`;
    const bar = '#'.repeat(Math.max(1, Math.round((time / longest) * WIDTH)));
    return [contestant, version, fixed(time), spread, fixed(time / one), `${seconds.length}`, bar];
  });
  const ratio = Number.isNaN(ours) ? 'to fastest' : `to ${OURS}`;
  const headings = ['program', 'version', 'seconds', 'from-to', ratio, 'runs', ''];
  return `${name}: ${what}\n\n${table(headings, rows)}`;
}

function fixed(value: number): string {
  return value.toFixed(2).padStart(7);
}
