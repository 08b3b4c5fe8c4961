import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Command } from 'commander';
import { MAIN } from '../testing/program.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';
import { program } from './program.ts';

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
  writeFileSync(join(home, 'password-file'), 'secret\n', { mode: 0o600 });
  keepMail(home);
  const { RESTANTE_CLONE: _, ...environment } = process.env;
  const env: NodeJS.ProcessEnv = { ...environment, PATH: `${bin}:${process.env['PATH']}`, XDG_DATA_HOME: home };
  return { home, env };
}

/** What another mail system has left there. */
function keepMail(home: string): void {
  for (const folder of ['tmp', 'new', 'cur']) mkdirSync(join(home, 'Maildir', folder), { recursive: true });
  writeFileSync(join(home, 'Maildir', 'cur', '1700000000.M1P1.old:2,S'), 'Subject: one\n\n1\n');
  writeFileSync(join(home, 'Maildir', 'dovecot-uidlist'), '3 V1275660208 N2 Gx\n1 :1700000000.M1P1.old\n');
  writeFileSync(join(home, 'old.mbox'), 'From pat Fri Sep  1 12:00:00 2023\nSubject: two\n\n2\n\n');
  writeFileSync(join(home, 'letter.eml'), 'Subject: three\n\n3\n');
  writeFileSync(join(home, 'another.eml'), 'Subject: four\n\n4\n');
  writeFileSync(join(home, '.fetchids'), 'anna@127.0.0.1 UID7-1\nbert@127.0.0.1 UID7-1\n');
}

/** What a page takes to be there already. */
const BEFORE: Readonly<Record<string, string>> = {
  'collecting.md': `restante account add anna --password-stdin < password-file
    restante deliver --to anna letter.eml another.eml\n`,
};

for (const name of [
  'command-line.md',
  'accounts.md',
  'addresses.md',
  'moving-in.md',
  'keeping.md',
  'quota.md',
  'collecting.md',
]) {
  for (const state of ['open', 'closed'] as const) {
    if (name === 'collecting.md' && state === 'closed') continue;
    test(`every command in docs/${name} does what it says, with the office ${state}`, async (t) => {
      const { home, env } = machine();
      let elsewhere = '';
      let lmtp = '';
      if (state === 'open') {
        const office = await RunningOffice.start({ data: join(home, 'restante') });
        t.after(() => office.close());
        // The post office that mail is collected from is this one too.
        elsewhere = `127.0.0.1:${office.pop3s.port}`;
        lmtp = `127.0.0.1:${office.lmtp.port}`;
        env['NODE_EXTRA_CA_CERTS'] = office.certificate;
      }
      const blocks = [...page(name).matchAll(/```sh\n(.*?)```/gs)].map((found) => found[1] ?? '');
      // Letters are delivered to an office that is open, and collected from one.
      const asOpen = /restante (?:deliver|collect)/;
      const script = [BEFORE[name] ?? '', ...blocks]
        .filter((block) => state === 'open' || !asOpen.test(block))
        .join('')
        .replaceAll('pop.example.org', elsewhere)
        .replaceAll('127.0.0.1:1024', lmtp);
      assert.match(script, /^restante /m);
      const child = spawn('sh', ['-e', '-c', script], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const said = text(child.stderr);
      child.stdout.resume();
      await once(child, 'close');
      assert.equal(child.exitCode, 0, await said);
    });
  }
}

test('every verb and every option is in docs/command-line.md, or in the page that it points to', async () => {
  const pages = page('command-line.md') + page('accounts.md') + page('addresses.md');
  const words = (command: Command): readonly string[] => [
    ...command.options.map(({ long }) => long ?? ''),
    ...command.commands.flatMap((child) => [child.name(), ...words(child)]),
  ];
  for (const word of words(await program())) {
    if (word !== '--version') assert.ok(pages.includes(word), word);
  }
});
