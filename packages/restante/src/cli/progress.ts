import { grouped } from './table.ts';

/** How often it is drawn, in milliseconds. */
const EVERY = 100;
const WIDTH = 24;

export interface ProgressOptions {
  readonly unit: 'letter' | 'octet';
  /** What it counts to. */
  readonly sum: number;
  /** Whether it is drawn at all: on a terminal, where nobody wants JSON. */
  readonly shown: boolean;
}

/** One line on the terminal that says how far something is. Nothing where there is no terminal. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #begun = performance.now();
  #drawn = Number.NEGATIVE_INFINITY;
  #visible = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** `done` of the sum, and how many letters that is. */
  show(done: number, letters: number): void {
    const now = performance.now();
    if (!this.#options.shown || now - this.#drawn < EVERY) return;
    this.#drawn = now;
    this.#visible = true;
    process.stderr.write(`\r${progressLine(this.#options.sum, done, letters, (now - this.#begun) / 1000)}\u001b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#visible) process.stderr.write('\r\u001b[K');
    this.#visible = false;
  }
}

/** `[########----------------]  33 %  1,234 letters, 5,000 a second, 0:12 left`. */
export function progressLine(sum: number, done: number, letters: number, seconds: number): string {
  const share = sum === 0 ? 1 : Math.min(1, done / sum);
  const filled = Math.round(share * WIDTH);
  const bar = '#'.repeat(filled) + '-'.repeat(WIDTH - filled);
  const words = [`${grouped(letters)} letters`];
  if (seconds >= 1) {
    words.push(`${grouped(Math.round(letters / seconds))} a second`);
    if (share > 0 && share < 1) words.push(`${clock((seconds / share) * (1 - share))} left`);
  }
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${words.join(', ')}`;
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number): string => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
