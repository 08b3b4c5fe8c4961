import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { selfSignedCertificate } from '@restante/pop/testing';
import { type Address, freePort, type Mode, opened } from './connection.ts';
import type { Office } from './office.ts';
import type { Pop3Place } from './pop3-client.ts';
import { endWithThisProcess, temporaryFolder } from './running-office.ts';

/** Owner of the mail: any user that is nobody. */
const OWNER = 65534;
/** Names are those of a virtual domain, since it knows no others without the machine's own list of users. */
const DOMAIN = 'mailutils.invalid';

/**
 * Debian's mailutils-pop3d: one process a session, a lock on the maildrop, no mail in. It writes an X-UIDL field into every
 * letter when it is first asked for unique-ids, and keeps no CR, so that its letters are compared as it has them. Needs root.
 */
export class Mailutils implements Office {
  readonly pop3: Address;
  readonly pop3s: Address;
  readonly certificate: string;
  readonly #folder: string;
  readonly #stop: () => Promise<void>;
  #delivered = 0;

  private constructor(folder: string, ports: readonly number[], stop: () => Promise<void>) {
    const [pop3, pop3s] = ports.map((port) => ({ host: '127.0.0.1', port }));
    if (!pop3 || !pop3s) throw new Error('two listeners need two ports');
    this.pop3 = pop3;
    this.pop3s = pop3s;
    this.#folder = folder;
    this.#stop = stop;
    this.certificate = join(folder, 'cert.pem');
  }

  static isInstalled(): boolean {
    return existsSync('/usr/sbin/pop3d') && process.getuid?.() === 0;
  }

  static async start(): Promise<Mailutils> {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    for (const name of ['accounts', 'mail', 'locks']) mkdirSync(join(folder, name));
    for (const name of ['mail', 'locks']) chownSync(join(folder, name), OWNER, OWNER);
    writeFileSync(join(folder, 'accounts', DOMAIN), '');
    const { cert, key } = selfSignedCertificate();
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
    const ports = [await freePort(), await freePort()];
    writeFileSync(join(folder, 'pop3d.conf'), configuration(folder, ports));
    const child = spawn('/usr/sbin/pop3d', [`--config-file=${join(folder, 'pop3d.conf')}`], { stdio: 'ignore' });
    endWithThisProcess(child);
    const stop = async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    };
    const mailutils = new Mailutils(folder, ports, stop);
    for (const address of [mailutils.pop3, mailutils.pop3s]) await opened(address);
    return mailutils;
  }

  place(mode: Mode): Pop3Place {
    return { address: mode === 'TLS' ? this.pop3s : this.pop3, mode, ca: readFileSync(this.certificate, 'utf8') };
  }

  /** What an account's owner has to say to USER. */
  login(name: string): string {
    return `${name}@${DOMAIN}`;
  }

  /** Where it keeps somebody's letters. */
  maildir(name: string): string {
    return join(this.#folder, 'mail', name, 'INBOX');
  }

  async addAccount(name: string, password: string): Promise<void> {
    const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], {
      input: `${password}\n`,
      encoding: 'utf8',
    }).trim();
    const home = join(this.#folder, 'mail', name);
    appendFileSync(join(this.#folder, 'accounts', DOMAIN), `${name}:${hash}:${OWNER}:${OWNER}::${home}:/bin/false\n`);
    for (const folder of ['', 'INBOX', 'INBOX/cur', 'INBOX/new', 'INBOX/tmp']) {
      mkdirSync(join(home, folder), { recursive: true });
      chownSync(join(home, folder), OWNER, OWNER);
    }
  }

  /** Puts letters into somebody's Maildir, in this order, with LF for CRLF as a Maildir has it. */
  async deliver(name: string, letters: readonly Buffer[]): Promise<void> {
    for (const letter of letters) {
      this.#delivered += 1;
      const file = `${1_700_000_000 + this.#delivered}.${process.pid}.localhost`;
      const path = join(this.maildir(name), 'tmp', file);
      writeFileSync(path, letter.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
      chownSync(path, OWNER, OWNER);
      renameSync(path, join(this.maildir(name), 'new', file));
    }
  }

  async close(): Promise<void> {
    await this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A maildrop is locked until the process of its last session has ended, so a new one waits for that. */
function configuration(folder: string, [pop3, pop3s]: readonly number[]): string {
  return `
mode daemon;
foreground yes;
pidfile ${folder}/pid;
max-children 200;
logging { syslog no; };
auth { authentication generic; authorization virtdomain; };
virtdomain { passwd-dir ${folder}/accounts; };
tcp-wrappers { enable no; };
mandatory-locking { enable yes; lock-directory ${folder}/locks; };
locking { retry-count 60; retry-sleep 1; };
tls { ssl-certificate-file ${folder}/cert.pem; ssl-key-file ${folder}/key.pem; };
server 127.0.0.1:${pop3} { tls-mode ondemand; };
server 127.0.0.1:${pop3s} { tls-mode connection; };
`;
}
