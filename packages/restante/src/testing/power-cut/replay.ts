import type { PromiseEvent } from '../oracle/promises.ts';
import { Disk, type Image } from './disk.ts';
import type { Effect, Traced } from './trace.ts';

/** A moment at which the power may go. */
export interface Moment {
  /** The line of the trace that came last. */
  readonly line: number;
  readonly point: Point;
}

/** What is special about a moment: this answer went out, or a sync is over; or nothing. */
export type Point = Promised | 'synced' | 'between';

/** Answers after which something has to be there. */
const promised = ['accepted', 'removed', 'restored', 'imported', 'aliased'] as const;
type Promised = (typeof promised)[number];

export interface Recording {
  readonly folder: string;
  /** What the folder held before, all of it durable, and what had been promised. */
  readonly before: Image;
  readonly promised: readonly PromiseEvent[];
  readonly traced: readonly Traced[];
  /** The file that clients wrote their {@link PromiseEvent}s to, a line each. */
  readonly log: string;
}

type Happening = { readonly line: number; readonly traced: Traced; readonly over: boolean };

/** All moments of a recording. */
export function momentsOf(recording: Recording): readonly Moment[] {
  return happenings(recording).map(({ line, traced: { effect }, over }) => {
    if (over && effect.type === 'sync' && isIn(recording, effect.path)) return { line, point: 'synced' };
    const answer = over
      ? undefined
      : eventsIn(recording, effect)
          .map(({ type }) => type)
          .find(isAnswer);
    return { line, point: answer ?? 'between' };
  });
}

function isAnswer(type: PromiseEvent['type']): type is Promised {
  return promised.some((one) => one === type);
}

/** Walks through a recording, stops at the moments asked for, and tells what was on the disk and what was promised. */
export async function replay(
  recording: Recording,
  moments: readonly Moment[],
  visit: (moment: Moment, disk: Disk, events: readonly PromiseEvent[]) => Promise<void>,
): Promise<void> {
  const disk = new Disk(recording.folder, recording.before);
  const events: PromiseEvent[] = [...recording.promised];
  const ends = new Map<Traced, () => void>();
  const stops = new Map(moments.map((moment) => [moment.line, moment]));
  for (const { line, traced, over } of happenings(recording)) {
    if (over) ends.get(traced)?.();
    else {
      ends.set(traced, disk.begin(traced.effect));
      events.push(...eventsIn(recording, traced.effect));
    }
    const moment = stops.get(line);
    if (moment && (over || traced.begin !== traced.end)) await visit(moment, disk, events);
  }
}

/** A recording in which these effects did not happen: what it would have been if the program had left them out. */
export function without(recording: Recording, leftOut: (effect: Effect) => boolean): Recording {
  return { ...recording, traced: recording.traced.filter(({ effect }) => !leftOut(effect)) };
}

/** Begins and ends of calls, in the order of the trace. */
function happenings({ traced }: Recording): readonly Happening[] {
  return traced
    .flatMap((one): readonly Happening[] => [
      { line: one.begin, traced: one, over: false },
      { line: one.end, traced: one, over: true },
    ])
    .toSorted((a, b) => a.line - b.line);
}

function isIn({ folder }: Recording, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** An answer counts from the moment at which it begins to go out. */
function eventsIn({ log }: Recording, effect: Effect): readonly PromiseEvent[] {
  if (effect.type !== 'write' || effect.path !== log) return [];
  const lines = effect.octets.toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as PromiseEvent);
}
