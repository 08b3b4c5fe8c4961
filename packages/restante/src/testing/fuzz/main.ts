#!/usr/bin/env node
/**
 * `npm run fuzz`: says what nobody should say to the servers, and holds what they answer against the rules.
 * @module
 */
import { parseArgs } from 'node:util';
import type { ProtocolName } from './corpus.ts';
import { fuzz, Inputs, targetOf, tried } from './fuzz.ts';

const USAGE = `npm run fuzz -- [--protocol pop3|smtp|lmtp] [--seed N] [--seconds N] [--inputs N] [--only LINEAGE] [--json]

--protocol P    this protocol; otherwise one after the other
--seed N        which inputs; otherwise by the clock
--seconds N     how long for each protocol (default 60)
--inputs N      how many for each protocol at most
--only LINEAGE  that one input of a seed, as a finding names it
--json          print one JSON document for each protocol
`;

const { values } = parseArgs({
  options: {
    protocol: { type: 'string' },
    seed: { type: 'string' },
    seconds: { type: 'string' },
    inputs: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const ALL: readonly ProtocolName[] = ['pop3', 'smtp', 'lmtp'];
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const protocols = values.protocol === undefined ? ALL : ALL.filter((each) => each === values.protocol);
if (values.help || protocols.length === 0 || !Number.isSafeInteger(seed)) {
  process.stderr.write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else if (values.only !== undefined) {
  for (const protocol of protocols) {
    const { input, fault } = new Inputs(protocol, seed).of(values.only);
    process.stdout.write(`${protocol}, fault ${fault}\n${input.map(written).join('\n')}\n`);
    const what = await tried(targetOf(protocol), input, fault);
    process.stdout.write(`${what ?? 'nothing is wrong'}\n`);
    if (what !== undefined) process.exitCode = 1;
  }
} else {
  const inputs = Number(values.inputs ?? Number.POSITIVE_INFINITY);
  const milliseconds = 1_000 * Number(values.seconds ?? (values.inputs === undefined ? 60 : 86_400));
  for (const protocol of protocols) {
    const report = await fuzz({ protocol, seed, inputs, milliseconds });
    if (values.json) {
      const findings = report.findings.map((found) => ({
        ...found,
        input: found.input.map((write) => write.toString('latin1')),
      }));
      process.stdout.write(`${JSON.stringify({ ...report, findings })}\n`);
    } else {
      const rate = Math.round((report.inputs / report.milliseconds) * 1_000);
      process.stdout.write(
        `${protocol}: ${report.inputs} inputs of seed ${seed} in ${Math.round(report.milliseconds / 1_000)} s (${rate}/s), ` +
          `${report.branches} branches, ${report.states.length} states, ${report.kept} inputs kept, ${report.findings.length} findings, ` +
          `${Math.round(report.heap / 2 ** 20)} MiB\n`,
      );
      for (const { lineage, what, input, fault } of report.findings) {
        process.stdout.write(
          `\n  ${what}\n  --protocol ${protocol} --seed ${seed} --only ${lineage}; with fault ${fault}, as short as can be:\n`,
        );
        for (const write of input) process.stdout.write(`    ${written(write)}\n`);
      }
    }
    if (report.findings.length > 0) process.exitCode = 1;
  }
}

function written(write: Buffer): string {
  return JSON.stringify(write.toString('latin1'));
}
