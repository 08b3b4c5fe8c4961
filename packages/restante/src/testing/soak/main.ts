#!/usr/bin/env node
/**
 * `npm run soak`: mixed traffic against an office for half an hour, and whether it lost, leaked or let grow anything.
 * @module
 */
import { parseArgs } from 'node:util';
import { shown } from './report.ts';
import { soak } from './soak.ts';

const USAGE = `npm run soak -- [--minutes 30] [--seed N] [--json]

Starts an office on free ports with a data folder of its own and lets many clients at it: mail by LMTP and SMTP, sessions of every
kind, the command line, SIGHUP, new certificates. Ends with what it used and whether every promise was kept; status 1 if not.

--minutes N  how long (default 30; parts of a minute are fine)
--seed N     the same choices as another run made
--json       print one JSON document
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (values.help || !(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
const report = await soak({
  seconds: minutes * 60,
  seed,
  every: minutes < 2 ? 1 : 5,
  onSample: ({ at, resident, sessions }) => {
    if (process.stderr.isTTY === true) {
      process.stderr.write(`\r${Math.round(at)} s, ${Math.round(resident / 2 ** 20)} MiB, ${sessions} sessions   `);
    }
  },
});
process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${shown(report)}`);
process.exit(report.sound ? 0 : 1);
