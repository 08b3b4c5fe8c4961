import { DatabaseSync } from 'node:sqlite';
import { verifyCounts } from '../../store/backup/verify-counts.ts';
import { Quota, type QuotaRules, reached } from '../../store/quota.ts';
import type { Violation } from './promises.ts';

type Row = { name: string; count: number; octets: number; level: number | null; told: number | null };

/**
 * What an index counts wrong, or holds beyond the rules, as nobody's policy says otherwise and no letter was the office's own;
 * and where it does not remember rightly how full a maildrop is.
 */
export function quotaViolations(index: string, rules: QuotaRules): readonly Violation[] {
  const database = new DatabaseSync(index, { readOnly: true });
  try {
    const violations = [...verifyCounts(database)].map(({ maildrop, ...sums }): Violation => {
      return { kind: 'miscounted', maildrop, what: JSON.stringify(sums) };
    });
    const quota = Quota.of(rules, {});
    const rows = database
      .prepare(
        `SELECT name, count, octets, level, told FROM maildrops LEFT JOIN quota_levels ON maildrop = id
         WHERE name IS NOT NULL`,
      )
      .all() as unknown as readonly Row[];
    for (const { name, count, octets, level, told } of rows) {
      const most =
        quota?.octets == null ? Number.POSITIVE_INFINITY : Math.floor((quota.octets * (100 + rules.grace)) / 100);
      if (count > (quota?.letters ?? count) || octets > most) {
        violations.push({ kind: 'over-quota', maildrop: name, what: `${count} letters, ${octets} octets` });
      }
      const due = quota === undefined ? 0 : reached(rules.levels, quota.used({ count, octets }));
      if ((level ?? 0) !== due || (told ?? 0) > due) {
        violations.push({ kind: 'level', maildrop: name, what: `${level}, told ${told}, where ${due} is reached` });
      }
    }
    return violations;
  } finally {
    database.close();
  }
}
