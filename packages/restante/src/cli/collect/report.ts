import type { AccountReport } from '../../collect/event.ts';
import type { Plan } from '../../collect/plan/plan.ts';
import { planRows } from '../../collect/plan/rows.ts';
import { counted } from '../output.ts';
import { type Cell, table } from '../table.ts';
import { harmless } from './harmless.ts';

/** How a run ended for one account. */
export interface Reported {
  readonly account: string;
  readonly report: AccountReport;
}

/** The closing table, and below it what went wrong and what to do about it. */
export function closingTable(reports: readonly Reported[]): string {
  const rows = reports.map(({ account, report }): readonly Cell[] => [
    harmless(account),
    report.kept,
    report.octets,
    report.deleted,
    report.left ?? '?',
    report.failed,
    report.held,
    report.seconds.toFixed(1),
    RESULTS[report.result],
  ]);
  return table(['ACCOUNT', 'KEPT', 'OCTETS', 'DELETED', 'LEFT', 'FAILED', 'HELD', 'SECONDS', 'RESULT'], rows);
}

const RESULTS: Readonly<Record<AccountReport['result'], string>> = {
  done: 'done',
  partly: 'some letters not',
  login: 'not let in',
  network: 'not reached',
  later: 'later',
  failed: 'failed',
};

/** One line for who runs for days: undefined where there is nothing to tell. */
export function reportLine({ account, report }: Reported): string | undefined {
  const { kept, octets, deleted, failed, held, result, error } = report;
  const words = [
    ...(kept > 0 ? [`${counted(kept, 'letter')} kept (${counted(octets, 'octet')})`] : []),
    ...(deleted > 0 ? [`${counted(deleted, 'letter')} deleted at the server`] : []),
    ...(failed > 0 ? [`${counted(failed, 'letter')} not`] : []),
    ...(held > 0 ? [`${counted(held, 'letter')} held`] : []),
    ...(error !== undefined ? [error] : []),
  ];
  if (words.length === 0) return result === 'done' ? undefined : `${account}: ${RESULTS[result]}`;
  return `${account}: ${words.join(', ')}`;
}

/** What went wrong, one line an account. */
export function troubles(reports: readonly Reported[]): readonly string[] {
  return reports.flatMap(({ account, report }) => (report.error === undefined ? [] : [`${account}: ${report.error}`]));
}

/** A plan as `--dry-run` prints it: one row a step, and why. */
export function planTable(plan: Pick<Plan, 'steps'>): string {
  const rows = planRows(plan).map(({ number, octets, action, why, uniqueId }): readonly Cell[] =>
    number === undefined
      ? ['', '', action, harmless(why), '']
      : [String(number), octets ?? '?', action, harmless(why), harmless(uniqueId ?? '-')],
  );
  if (rows.length === 0) return 'there is nothing to do\n';
  return table(['NUMBER', 'OCTETS', 'WHAT', 'WHY', 'UNIQUE-ID'], rows);
}
