// Puts the command line, as tsc has compiled it, into few files: Node finds, reads and compiles two hundred modules one by one
// in the time in which a call for mail is over. What is in dist is for tests, and what users start is in bundle.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const PRODUCT = 'packages/restante';
const FOLDER = join(PRODUCT, 'bundle');
/** What is started by its name: the command line, and the threads, which are looked for beside the file that starts them. */
const ENTRIES = ['cli/main.js', 'store/writer/thread.js', 'store/backup/copier.js'];
/** Native, or loaded by few verbs: they are found among the packages, as ever. */
const PACKAGES = ['@node-rs/argon2', 'pino', 'postal-mime', 'prom-client', 'selfsigned'];
/** How long a program that was started from an earlier build finds what it has not loaded yet. */
const KEPT_DAYS = 7;

/** Bundles dist. Entry points are written last, each at one stroke: whoever starts meanwhile has the old ones or the new. */
export async function bundle() {
  const { outputFiles } = await build({
    entryPoints: ENTRIES.map((entry) => join(PRODUCT, 'dist', entry)),
    outdir: FOLDER,
    // All in one folder, so that ../package.json and ./thread.js are what they are in dist.
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: PACKAGES,
    logLevel: 'warning',
    write: false,
  });
  mkdirSync(FOLDER, { recursive: true });
  const entries = new Set(ENTRIES.map((entry) => basename(entry)));
  const inOrder = outputFiles.toSorted((a, b) => entries.has(basename(a.path)) - entries.has(basename(b.path)));
  for (const { path, contents } of inOrder) {
    writeFileSync(`${path}.partial`, contents);
    renameSync(`${path}.partial`, path);
  }
  removeOld(new Set(outputFiles.map(({ path }) => basename(path))));
}

function removeOld(current) {
  const before = Date.now() - KEPT_DAYS * 86_400_000;
  for (const name of readdirSync(FOLDER)) {
    const path = join(FOLDER, name);
    if (!current.has(name) && statSync(path).mtimeMs < before) rmSync(path);
  }
}
