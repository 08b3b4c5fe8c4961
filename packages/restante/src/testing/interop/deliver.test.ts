import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { freePort } from '../connection.ts';
import { Postfix } from '../postfix.ts';
import { MAIN } from '../program.ts';
import { Mailbox } from '../real-mail/mailbox.ts';
import { RunningOffice, temporaryFolder } from '../running-office.ts';
import { SmtpClient } from '../smtp-client.ts';
import { traceAbove } from '../trace-fields.ts';
import { isHere, runProgram, USER, withoutPeers } from './peer-program.ts';
import { changed } from './recipe.ts';

const PASSWORD = 'postfix knocks';
const PAGE = readFileSync(new URL('../../../../../docs/command-line.md', import.meta.url), 'utf8');
/** Served by way of `pipe`, and by way of `mailbox_command`. */
const [PIPE, UNIX] = ['pipe.example.net', 'unix.example.net'];
/** A user of every Debian, who has an account of that name here. */
const UNIX_USER = 'games';

/** The lines that docs/command-line.md has, of which the first begins so. */
function lines(beginning: string): string {
  const found = [...PAGE.matchAll(/^```\n(.*?)^```$/gms)].find(([, block]) => block?.startsWith(beginning));
  if (found?.[1] === undefined) throw new Error(`docs/command-line.md has no lines that begin with ${beginning}`);
  return found[1];
}

suite('restante deliver, as docs/command-line.md has others run it', () => {
  const folder = temporaryFolder();
  const home = temporaryFolder();
  const data = join(home, 'restante');
  const restante = join(folder, 'restante');
  let port: number;
  let office: RunningOffice;

  const open = async () => {
    const config = `domains = ["${PIPE}", "${UNIX}"]\npostmaster = "alice"\n`;
    office = await RunningOffice.start({ data, config, more: ['--lmtp', `127.0.0.1:${port}`] });
  };
  const mailbox = (name: string) => new Mailbox(office, name, PASSWORD);
  /** With the program and the port that are here. */
  const fitted = (text: string) =>
    changed(changed(text, '/usr/bin/restante', restante), '127.0.0.1:1024', `127.0.0.1:${port}`);

  before(async () => {
    chmodSync(folder, 0o755);
    mkdirSync(data);
    writeFileSync(restante, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
    port = await freePort();
    await open();
    for (const name of ['alice', 'bob', UNIX_USER]) await office.addAccount(name, PASSWORD);
  });
  after(() => office.stop());

  suite('by Postfix', { skip: withoutPeers(Postfix.isInstalled(), 'postfix') || forNobody() }, () => {
    let postfix: Postfix;
    before(async () => {
      const [, limit] = /with `(\S+ = 1)` in `main\.cf`/.exec(PAGE) ?? [];
      assert.ok(limit);
      postfix = await Postfix.start({
        transports: { [PIPE]: 'restante:', [UNIX]: 'local:' },
        settings: `biff = no\n${limit}\n${fitted(lines('mailbox_command ='))}`,
        services: `${fitted(lines('restante unix'))}local unix - n n - - local\n`,
      });
    });
    after(() => postfix.close());

    /** Gives Postfix a letter, which it must take. */
    const handed = async (from: string, to: readonly string[], octets: Buffer) => {
      const client = await SmtpClient.connect(postfix.smtp);
      const [outcome] = await client.sendAll([{ from, to, octets }]);
      await client.quit();
      assert.deepEqual(
        outcome?.recipients.map(({ code }) => code),
        to.map(() => 250),
      );
    };

    test('pipe: a letter comes as it was sent, once for each recipient, whatever its sender is called', async () => {
      const sent = letter('for two');
      await handed('"the sender"@example.org', [`alice@${PIPE}`, `bob+news@${PIPE}`], sent);
      await postfix.emptied();
      for (const name of ['alice', 'bob']) {
        const [came, ...others] = await mailbox(name).emptied();
        assert.equal(others.length, 0);
        const text = came?.octets.toString('latin1') ?? '';
        assert.match(text, /^Return-Path: <"the sender"@example\.org>\r\nDelivered-To: (alice|bob\+news)@pipe/);
        assert.equal(text.match(/^(Return-Path|Delivered-To):/gm)?.length, 2, text);
        assert.ok(traceAbove(sent, came?.octets ?? Buffer.alloc(0)) !== undefined, text);
      }
    });

    test('pipe: whom the office does not know the sender is told of (67), from nobody', async () => {
      const offset = postfix.log.length;
      await handed(`bob@${PIPE}`, [`alice@${PIPE}`, `stranger@${PIPE}`], letter('for one'));
      const line = await postfix.logged(/to=<stranger@\S+ relay=restante,/, offset);
      assert.match(line, /dsn=5\.1\.1, status=bounced .*550 5\.1\.1/);
      await postfix.emptied();
      assert.equal((await mailbox('alice').emptied()).length, 1);
      const notices = await mailbox('bob').emptied();
      assert.equal(notices.length, 1);
      assert.match(notices[0]?.octets.toString('latin1') ?? '', /^Return-Path: <>\r\n/);
    });

    for (const [way, name, domain, relay] of [
      ['pipe', 'alice', PIPE, 'restante'],
      ['mailbox_command', UNIX_USER, UNIX, 'local'],
    ] as const)
      test(`${way}: while the office is closed the letter waits (75), and then comes once`, async () => {
        const offset = postfix.log.length;
        await office.stop();
        const sent = letter('it waits');
        await handed('sender@example.org', [`${name}@${domain}`], sent);
        const line = await postfix.logged(new RegExp(`to=<${name}@\\S+ relay=${relay},`), offset);
        assert.match(line, /dsn=4\.3\.0, status=deferred .*nobody takes letters at 127\.0\.0\.1/);
        await open();
        await postfix.flush();
        await postfix.emptied();
        const came = await mailbox(name).emptied();
        assert.equal(came.length, 1);
        assert.ok(endsWith(came[0]?.octets, sent));
      });

    test('mailbox_command: a letter comes as it was sent, below what Postfix puts above it', async () => {
      const sent = letter('for a user of the machine');
      await handed('sender@example.org', [`${UNIX_USER}@${UNIX}`], sent);
      await postfix.emptied();
      const came = await mailbox(UNIX_USER).emptied();
      assert.equal(came.length, 1);
      assert.match(came[0]?.octets.toString('latin1') ?? '', /^Return-Path: <sender@example\.org>\r\n/);
      assert.ok(endsWith(came[0]?.octets, sent));
    });
  });

  test('by procmail', async (t) => {
    if (!isHere(t, 'procmail')) return;
    const home = temporaryFolder();
    chmodSync(home, 0o755);
    const rules = join(home, 'rules');
    writeFileSync(rules, fitted(lines(':0')), { mode: 0o644 });
    // `runProgram` has LOGNAME=alice; procmail itself asks the table of users, unless it is told.
    const command = ['procmail', '-f', 'sender@example.org', 'LOGNAME=alice', rules] as const;
    const { status, stderr } = await runProgram([...command], home, 'Subject: by procmail\n\nbody\n');
    assert.equal(status, 0, stderr);
    const [came, ...others] = await mailbox('alice').emptied();
    assert.equal(others.length, 0);
    assert.match(came?.octets.toString('latin1') ?? '', /^Return-Path: <sender@example\.org>\r\n.*\r\n\r\nbody\r\n$/s);
  });

  test('by cron', async () => {
    const command = lines('15 3 ').replace(/^(\S+ ){5}/, '');
    assert.doesNotMatch(command, /%/, 'which crontab(5) takes for the end of a line');
    const env = { PATH: `${folder}:${process.env['PATH']}`, HOME: folder, XDG_DATA_HOME: home };
    const { status, stderr } = spawnSync('/bin/sh', ['-c', command], { env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const [came, ...others] = await mailbox('alice').emptied();
    assert.equal(others.length, 0);
    assert.match(came?.octets.toString('latin1') ?? '', /^Subject: the disks\r\n\r\nFilesystem .*\r\n$/ms);
  });
});

/** Postfix runs it as nobody: where the clone is in a folder that is closed to others it cannot. */
function forNobody(): string | false {
  const { status } = spawnSync(process.execPath, [MAIN, '--version'], { ...USER, cwd: '/' });
  return status === 0 ? false : 'the clone is in a folder that nobody else may read';
}

/** local(8) puts X-Original-To above a letter, and a Return-Path and Delivered-To of its own. */
function endsWith(came: Buffer | undefined, sent: Buffer): boolean {
  return came?.subarray(-sent.length).equals(sent) === true;
}

function letter(subject: string): Buffer {
  return Buffer.from(
    `Subject: ${subject}\r\nFrom: bob@example.org\r\nMessage-ID: <${subject.length}@example.org>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\nFrom here on\r\n.\r\n`,
  );
}
