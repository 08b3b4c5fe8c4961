import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import { makeSelfSigned } from '../../tls/self-signed.ts';
import { LmtpClient } from '../lmtp-client.ts';
import { lmtpDoor } from '../office.ts';
import { writeLetter } from '../oracle/letter.ts';
import { Pop3Client } from '../pop3-client.ts';
import { temporaryFolder, type VerbResult } from '../running-office.ts';
import { PASSWORD, type Town } from './town.ts';

/** Letters of a mailbox that moves in and out again. */
const IMPORTED = 25;
/** Certificates that clients know before they are shown: who has begun to call must not meet one that he cannot know. */
const AHEAD = 4;
/** How long a new certificate may take to be shown: far longer than any machine is slow. */
const PATIENCE = 60_000;

/** Whoever looks after the office, at the command line. Everything that it asks has to be done. */
export class Operator {
  readonly #town: Town;
  readonly #files: { readonly cert: string; readonly key: string };
  readonly #folder = temporaryFolder();
  readonly #ahead: string[] = [];
  #made = 0;
  #round = 0;

  constructor(town: Town, files: { readonly cert: string; readonly key: string }) {
    this.#town = town;
    this.#files = files;
  }

  /** One round of what an operator does. */
  async round(): Promise<void> {
    this.#round += 1;
    await this.#moveInAndOut(`guest${this.#round}`);
    await this.#verb('status', '--json');
    // What was expunged longer ago than the window is destroyed, and its room given back: every half an hour in earnest.
    await this.#verb('purge');
    if (this.#round % 2 === 0) await this.renew();
    if (this.#round % 3 === 0) await this.#backUp();
  }

  /** A new certificate by SIGHUP: whoever connects after that sees it. */
  async renew(): Promise<void> {
    const { office } = this.#town;
    const before = await this.#shown();
    await this.prepare();
    const pem = this.#ahead.shift() ?? '';
    writeFileSync(this.#files.cert, pem);
    process.kill(office.pid, 'SIGHUP');
    const late = AbortSignal.timeout(PATIENCE);
    while ((await this.#shown()) === before) {
      late.throwIfAborted();
      await wait(50);
    }
    this.#town.count('certificates renewed');
  }

  /** Makes the next certificates, and lets clients know them; to be called before the first of them comes. */
  async prepare(): Promise<void> {
    const { certificates } = this.#town;
    // The key stays, as it does when the office renews its own: so the pair is whole at every moment.
    const key = readFileSync(this.#files.key);
    const next = { cert: `${this.#files.cert}.next`, key: this.#files.key };
    while (this.#ahead.length < AHEAD) {
      // Each by a name of its own: of several under the same one OpenSSL tries one only.
      this.#made += 1;
      await makeSelfSigned(next, 'post.example', { old: { key, commonName: `post${this.#made}.example` } });
      const pem = readFileSync(next.cert, 'utf8');
      this.#ahead.push(pem);
      certificates.push(pem);
    }
    // Those that were before the last ones are shown to nobody any more.
    certificates.splice(0, Math.max(0, certificates.length - 2 * AHEAD));
  }

  async #shown(): Promise<string> {
    const { host, port } = this.#town.office.pop3s;
    const socket = connect({ host, port, rejectUnauthorized: false });
    await once(socket, 'data');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  }

  /** An account is made, gets its old mail and a letter by an alias, is looked at, written out and removed. */
  async #moveInAndOut(name: string): Promise<void> {
    const { office } = this.#town;
    await office.addAccount(name, PASSWORD);
    const source = join(this.#folder, `${name}.mbox`);
    const letters = Array.from({ length: IMPORTED }, (_, index) => writeLetter(`${name}-${index}`, 2_000));
    const entries = letters.map(
      ({ content }) => `From - Thu Jan  1 00:00:00 2026\n${content.toString('latin1').replaceAll('\r\n', '\n')}\n`,
    );
    writeFileSync(source, entries.join(''), 'latin1');
    await this.#verb('import', name, '--mbox', source);
    await this.#verb('alias', 'add', `${name}@alias.example`, name);
    const lmtp = await LmtpClient.connect(lmtpDoor(office));
    const [[answer] = []] = await lmtp.sendAll([
      { to: [`${name}@alias.example`], octets: writeLetter(`${name}-last`, 900).content },
    ]);
    await lmtp.quit();
    assert.equal(answer?.code, 250, answer?.text);
    const client = await Pop3Client.connect(this.#town.place('STLS'));
    await client.login(name, PASSWORD);
    assert.equal((await client.stat()).count, IMPORTED + 1, 'all letters moved in');
    await client.quit();
    const written = join(this.#folder, `${name}.out`);
    await this.#verb('export', name, '--mbox', written);
    assert.equal(
      readFileSync(written, 'latin1').match(/^X-Letter: /gm)?.length,
      IMPORTED + 1,
      'all letters were written out',
    );
    await this.#verb('alias', 'remove', `${name}@alias.example`);
    await this.#verb('account', 'remove', name);
    rmSync(source);
    rmSync(written);
    this.#town.count('accounts moved in and out');
  }

  async #backUp(): Promise<void> {
    const target = join(this.#folder, 'backup');
    await this.#verb('backup', target);
    rmSync(target, { recursive: true });
    this.#town.count('backups');
  }

  async #verb(...words: readonly string[]): Promise<VerbResult> {
    const result = await this.#town.office.verb(words);
    assert.equal(result.status, 0, `${words.join(' ')}: ${result.stderr}`);
    this.#town.count('verbs of the command line');
    return result;
  }
}
