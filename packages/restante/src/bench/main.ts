#!/usr/bin/env node
/**
 * `npm run bench -- NAME`: measures something beside its peers, all in the same run.
 * @module
 */
import { parseArgs } from 'node:util';
import { facts } from '../cli/table.ts';
import type { Bench, Comparison } from './bench.ts';
import { collect } from './collect/collect.ts';
import { machine, shown } from './report.ts';

const BENCHES: readonly Bench[] = [collect];

const USAGE = `npm run bench -- NAME [--runs 5] [--only TEXT] [--of PROGRAM] [--quick] [--json]

${facts(BENCHES.map(({ name, summary }) => [name, summary]))}
--runs N      measure each N times besides a warm-up (default 5); what takes very long is measured once
--only TEXT   only comparisons with this in their names
--of PROGRAM  only this program
--quick       without programs that take minutes
--json        print one JSON document
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    of: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const bench = BENCHES.find(({ name }) => name === positionals[0]);
if (bench === undefined || positionals.length > 1) {
  process.stderr.write(USAGE);
  process.exit(2);
}
const only = { comparison: values.only, contestant: values.of };
const comparisons: Comparison[] = [];
if (!values.json) process.stdout.write(`${machine()}\n`);
const options = {
  runs: Number(values.runs),
  only,
  quick: values.quick,
  note: (text: string) => void process.stderr.write(`${text}\n`),
};
for await (const comparison of bench.measure(options)) {
  comparisons.push(comparison);
  if (!values.json) process.stdout.write(`\n${shown(comparison)}`);
}
if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ machine: machine(), at: new Date().toISOString(), comparisons }, null, 2)}\n`,
  );
}
process.exit();
