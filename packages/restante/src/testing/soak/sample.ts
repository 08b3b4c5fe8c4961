import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readMetrics } from '../read-metrics.ts';
import type { RunningOffice } from '../running-office.ts';

/** What an office uses at one moment. Octets, where nothing else is said. */
export interface Sample {
  /** Seconds since the run began. */
  readonly at: number;
  readonly resident: number;
  /** Resident, with what is shared between processes counted by its share (proc(5), smaps_rollup). */
  readonly proportional: number;
  readonly heap: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly sockets: number;
  /** Descriptors of segment files, which the store keeps open for reading up to a bound. */
  readonly segmentsOpen: number;
  readonly sessions: number;
  readonly files: number;
  readonly stored: number;
  readonly letters: number;
  readonly index: number;
  readonly log: number;
  /** The latest that the event loop was since the last sample, in milliseconds. */
  readonly delay: number;
}

/** Looks at it from outside: /proc, the data folder, and the metrics. */
export async function takeSample(office: RunningOffice, at: number): Promise<Sample> {
  const metrics = await readMetrics(office.health);
  const sum = (name: string) =>
    [...metrics].reduce((total, [series, value]) => (series.startsWith(name) ? total + value : total), 0);
  const status = readFileSync(`/proc/${office.pid}/status`, 'utf8');
  const open = descriptors(office.pid);
  const found = filesIn(office.data);
  const size = (fits: (path: string) => boolean) =>
    found.reduce((total, [path, octets]) => (fits(path) ? total + octets : total), 0);
  return {
    at,
    resident: kibibytes(status, 'VmRSS'),
    proportional: kibibytes(readFileSync(`/proc/${office.pid}/smaps_rollup`, 'utf8'), 'Pss'),
    heap: metrics.get('nodejs_heap_size_used_bytes') ?? 0,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]),
    descriptors: open.length,
    sockets: open.filter((target) => target.startsWith('socket:')).length,
    segmentsOpen: open.filter((target) => target.includes('.segment')).length,
    sessions: sum('restante_sessions_open'),
    files: found.length,
    stored: size(() => true),
    letters: size((path) => path.includes('/letters/')),
    index: size((path) => path.endsWith('index.sqlite')),
    log: size((path) => path.endsWith('index.sqlite-wal')),
    delay: 1_000 * Math.max(0, ...[...metrics].flatMap(([series, value]) => (isDelay(series) ? [value] : []))),
  };
}

/** By thread, 100 in a hundred being the latest. */
function isDelay(series: string): boolean {
  return series.startsWith('restante_event_loop_delay_seconds') && series.includes('percentile="100"');
}

function kibibytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1_024;
}

/** What each open descriptor leads to; one that is closed meanwhile is none. */
function descriptors(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((number) => ifThere(() => [readlinkSync(join(folder, number))]));
}

/** Every file under the folder, with the octets that it takes on the disk's books. */
export function filesIn(folder: string): readonly (readonly [path: string, octets: number])[] {
  return ifThere(() => readdirSync(folder, { withFileTypes: true })).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return ifThere(() => [[path, statSync(path).size] as const]);
  });
}

function ifThere<T>(look: () => readonly T[]): readonly T[] {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
