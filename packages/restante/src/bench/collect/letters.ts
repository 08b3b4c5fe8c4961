import { Random } from '../../testing/oracle/random.ts';

/** Half of the letters that people get are smaller; a few are larger by far. */
const MEDIAN = 8_000;
const SMALLEST = 900;

/**
 * Sizes of so many letters, as real mail has them: their logarithms are spread like a bell, wide enough for this average
 * and this median. The same each time.
 */
export function sizes(count: number, average: number): readonly number[] {
  const width = Math.sqrt(2 * Math.log(average / MEDIAN));
  const spread = Array.from(
    { length: count },
    (_, index) => MEDIAN * Math.exp(width * quantile((index + 0.5) / count)),
  );
  const factor = (average * count) / spread.reduce((sum, size) => sum + size, 0);
  const all = spread.map((size) => Math.max(SMALLEST, Math.round(size * factor)));
  const random = new Random(7);
  for (let index = all.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [all[index], all[other]] = [all[other] ?? 0, all[index] ?? 0];
  }
  return all;
}

/** A letter of about so many octets, with LF line ends. One in twenty has lines that begin with a dot. */
export function letter(index: number, size: number): Buffer {
  const header = [
    'Return-Path: <bob@example.org>',
    `Received: from mx.example.org (mx.example.org [192.0.2.${index % 256}])`,
    `\tby pop.example.net with ESMTPS id ${index.toString(36)}; Mon, 2 Nov 2026 10:00:00 +0000`,
    `Message-ID: <${index}@example.org>`,
    'From: Bob <bob@example.org>',
    'To: Alice <alice@example.net>',
    `Subject: letter ${index} of about ${size} octets`,
    'Date: Mon, 2 Nov 2026 10:00:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    '',
  ].join('\n');
  const line = `${index % 20 === 0 ? '.' : 'L'}${'Much has been said, and more is to be written, of what is in a letter. '.slice(0, 71)}\n`;
  const lines = Math.max(1, Math.round((size - header.length) / (line.length + 1)));
  return Buffer.from(header + line.repeat(lines));
}

/** Where the bell has so large a part of itself to its left: Abramowitz and Stegun, 26.2.23, good to three digits. */
function quantile(part: number): number {
  if (part > 0.5) return -quantile(1 - part);
  const t = Math.sqrt(-2 * Math.log(part));
  const over = 2.515517 + 0.802853 * t + 0.010328 * t * t;
  const under = 1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t;
  return over / under - t;
}
