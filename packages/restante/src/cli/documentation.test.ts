import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';
import { program } from './program.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

function page(name: string): string {
  return readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');
}

/** A machine of its own, with `restante` installed and a file with a password. */
function machine() {
  const home = temporaryFolder();
  const bin = join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'restante'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(join(bin, 'restante'), 0o755);
  writeFileSync(join(home, 'password-file'), 'secret\n');
  const { RESTANTE_CLONE: _, ...environment } = process.env;
  return { home, env: { ...environment, PATH: `${bin}:${process.env['PATH']}`, XDG_DATA_HOME: home } };
}

for (const name of ['command-line.md', 'accounts.md']) {
  for (const state of ['open', 'closed'] as const) {
    test(`every command in docs/${name} does what it says, with the office ${state}`, async (t) => {
      const { home, env } = machine();
      if (state === 'open') {
        const office = await RunningOffice.start({ data: join(home, 'restante') });
        t.after(() => office.close());
      }
      const script = [...page(name).matchAll(/```sh\n(.*?)```/gs)].map((found) => found[1]).join('');
      assert.match(script, /^restante /m);
      const child = spawn('sh', ['-e', '-c', script], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const said = text(child.stderr);
      child.stdout.resume();
      await once(child, 'close');
      assert.equal(child.exitCode, 0, await said);
    });
  }
}

test('every verb and every option is in docs/command-line.md, or in the page that it points to', () => {
  const pages = page('command-line.md') + page('accounts.md');
  const words = (command: ReturnType<typeof program>): readonly string[] => [
    ...command.options.map(({ long }) => long ?? ''),
    ...command.commands.flatMap((child) => [child.name(), ...words(child)]),
  ];
  for (const word of words(program())) {
    if (word !== '--version') assert.ok(pages.includes(word), word);
  }
});
