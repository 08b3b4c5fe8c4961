import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PRODUCT = fileURLToPath(new URL('../../', import.meta.url));

/** The program that users start: whoever tests the command line as a process of its own, or measures it, runs this one. */
export const MAIN = join(PRODUCT, 'bundle/main.js');

refuseStale();

/** After a bare `tsc -b` it would be yesterday's program that is tested. */
function refuseStale(): void {
  const bundled = statSync(MAIN, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const compiled = globSync(['dist/**/*.js', '../pop/dist/**/*.js'], {
    cwd: PRODUCT,
    exclude: ['**/*.test*', '**/testing/**', '**/bench/**'],
  });
  const newer = compiled.find((file) => statSync(join(PRODUCT, file)).mtimeMs > bundled);
  if (newer !== undefined) throw new Error(`${MAIN} does not have what ${newer} has: node scripts/build.mjs makes it`);
}
