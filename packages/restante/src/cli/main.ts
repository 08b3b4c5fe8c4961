#!/usr/bin/env node
/**
 * The command line's first lines: what has to be settled before anything else is loaded.
 * @module
 */
import { availableParallelism } from 'node:os';

const OLDEST = 24;
if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  process.stderr.write(`restante: needs Node ${OLDEST} or later, this is ${process.versions.node}\n`);
  process.exit(1);
}
// Password hashes take all cores but one; without more threads than that, letters could not be read meanwhile. The
// pool is made at its first use, so this counts.
process.env['UV_THREADPOOL_SIZE'] ??= String(availableParallelism() + 4);
// Mail, keys and sockets are for this user only; what others may read is given to them by name.
process.umask(0o077);

const { run } = await import('./program.ts');
process.exitCode = await run(process.argv.slice(2));
