import type { Problem } from '../store/verify/problem.ts';
import { grouped } from './table.ts';

const MARKS: Readonly<Record<Problem['level'], string>> = { problem: 'PROBLEM', notice: 'notice ' };

/** A problem as people read it: what, whom it hits, what to do. */
export function problemText(problem: Problem): string {
  const { level, what, remedy } = problem;
  const whom = whomItHits(problem);
  const lines = [what, ...(whom === '' ? [] : [whom]), remedy];
  return `${MARKS[level]}  ${lines.join('\n         ')}\n`;
}

function whomItHits({ maildrop, uniqueId, arrived, left, segment, offset }: Problem): string {
  const words: string[] = [];
  if (maildrop !== undefined) words.push(`maildrop ${maildrop}`);
  if (uniqueId !== undefined) words.push(`unique-id ${uniqueId}`);
  if (arrived !== undefined) words.push(`${left === true ? 'deleted, ' : ''}arrived ${time(arrived)}`);
  if (segment !== undefined) words.push(`segment ${segment}${offset === undefined ? '' : ` at ${grouped(offset)}`}`);
  return words.join(', ');
}

/** An index that is damaged may have any number. */
function time(milliseconds: number): string {
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : String(milliseconds);
}
