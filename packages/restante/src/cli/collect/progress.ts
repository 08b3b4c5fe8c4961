import type { CollectEvent } from '../../collect/event.ts';
import { counted } from '../output.ts';
import { grouped } from '../table.ts';
import { harmless } from './harmless.ts';
import { LiveLines, type Screen } from './live-lines.ts';

const WIDTH = 16;

/** How far one account is. */
interface Course {
  readonly begun: number;
  phase: 'called' | 'connected' | 'listed';
  letters: number;
  octets: number;
  wanted: number;
  wantedOctets: number | undefined;
}

export interface ProgressOptions {
  /** Where it is drawn; absent where nobody looks. */
  readonly screen: Screen | undefined;
  /** Writes what stays: a line about a letter, a warning. */
  readonly say: (line: string) => void;
  /** Whether accounts have to be told apart. */
  readonly several: boolean;
  /** What stands there while nobody is called, for whoever wonders. */
  readonly idle?: string | undefined;
  readonly now?: () => number;
}

/** What happens, on a terminal: a line for each account that is called for, and above them what somebody should know. */
export class CollectProgress {
  readonly #lines: LiveLines;
  readonly #options: ProgressOptions;
  readonly #now: () => number;
  readonly #courses = new Map<string, Course>();

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#lines = new LiveLines(options.screen, this.#now);
  }

  take(event: CollectEvent): void {
    const note = noteOf(event);
    if (note !== undefined) this.note(this.#options.several ? `${event.account}: ${note}` : note);
    if (event.event === 'finished') {
      this.#courses.delete(event.account);
      this.#draw(true);
      return;
    }
    const course = this.#courseOf(event.account);
    switch (event.event) {
      case 'connected':
        course.phase = 'connected';
        break;
      case 'listed':
        // A session after a commit lists what is left: the count goes on.
        if (course.phase !== 'listed') {
          course.wanted = event.wanted;
          course.wantedOctets = event.wantedOctets;
        }
        course.phase = 'listed';
        break;
      case 'progress':
        course.letters = event.letters;
        course.octets = event.octets;
        break;
    }
    this.#draw(false);
  }

  /** A line that stays, above those that are drawn anew. */
  note(line: string): void {
    this.#lines.clear();
    this.#options.say(line);
    this.#draw(true);
  }

  /** Takes the lines away. */
  clear(): void {
    this.#lines.clear();
  }

  #courseOf(account: string): Course {
    const known = this.#courses.get(account);
    if (known !== undefined) return known;
    const begun = this.#now();
    const course: Course = { begun, phase: 'called', letters: 0, octets: 0, wanted: 0, wantedOctets: undefined };
    this.#courses.set(account, course);
    return course;
  }

  #draw(always: boolean): void {
    if (this.#courses.size === 0) {
      const { idle } = this.#options;
      if (idle === undefined) this.#lines.clear();
      else this.#lines.draw(() => [idle], always);
      return;
    }
    this.#lines.draw(() => {
      const width = Math.min(30, Math.max(...[...this.#courses.keys()].map((name) => name.length)));
      return [...this.#courses].map(([name, course]) => `${shortened(harmless(name), width)}  ${this.#words(course)}`);
    }, always);
  }

  #words(course: Course): string {
    const { phase, letters, octets, wanted, wantedOctets, begun } = course;
    if (phase === 'called') return 'calling';
    if (phase === 'connected') return 'connected, reading the list';
    if (wanted === 0 && letters === 0) return 'nothing new';
    const share = wantedOctets ? octets / wantedOctets : wanted === 0 ? 1 : letters / wanted;
    const filled = Math.round(Math.min(1, share) * WIDTH);
    const seconds = (this.#now() - begun) / 1000;
    const rate = seconds < 1 ? '' : `, ${amount(octets / seconds)}/s`;
    const of = Math.max(wanted, letters);
    return `[${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}] ${grouped(letters)} of ${counted(of, 'letter')}, ${amount(octets)}${rate}`;
  }
}

/** What somebody should know of an event; undefined of all that goes as it should. */
function noteOf(event: CollectEvent): string | undefined {
  switch (event.event) {
    case 'warning':
      return event.message;
    case 'recognised':
      return `${counted(event.letters, 'letter')} recognised, and not fetched again: ${event.why}`;
    case 'failed':
      return `not kept, to be tried again: ${letterOf(event.uniqueId)}: ${event.why}`;
    case 'held':
      return `held at the server: ${letterOf(event.uniqueId)}: ${event.why}`;
    case 'given-up':
      return `given up, and left at the server: ${letterOf(event.uniqueId)}: ${event.why}`;
    case 'deleted':
      return event.outcome === 'committed'
        ? undefined
        : `${counted(event.letters, 'letter')} to be deleted: ${OUTCOMES[event.outcome]}`;
    default:
      return undefined;
  }
}

const OUTCOMES = {
  unknown: 'the server did not say whether they are gone; the next call tells',
  'rolled-back': 'they are still there; the next call deletes them',
} as const;

function letterOf(uniqueId: string | undefined): string {
  return uniqueId === undefined ? 'a letter without a unique-id' : `letter ${uniqueId}`;
}

function shortened(name: string, width: number): string {
  return (name.length > width ? `${name.slice(0, width - 1)}…` : name).padEnd(width);
}

/** `1.2 MB`: for the eye, so in the units that disks and networks have. */
export function amount(octets: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (octets >= size) return `${(octets / size).toFixed(1)} ${unit}`;
  }
  return `${Math.round(octets)} B`;
}
