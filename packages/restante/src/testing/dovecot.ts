import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSignedCertificate } from '@restante/pop/testing';
import { type Address, freePort, type Mode, opened } from './connection.ts';
import type { Office } from './office.ts';
import type { Pop3Place } from './pop3-client.ts';
import { endWithThisProcess, temporaryFolder } from './running-office.ts';

/** Owner of the mail: any user that is nobody. */
const OWNER = 65534;

/** What of a Dovecot may be otherwise. */
export interface DovecotOptions {
  /** Its accounts and their passwords; default: every name, with every password. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** Default: PLAIN and LOGIN. */
  readonly mechanisms?: readonly string[];
}

/**
 * Debian's Dovecot as a post office: run against it, the tests with foreign clients show that what they expect is no
 * invention of ours. Needs root, and the packages dovecot-pop3d and dovecot-lmtpd.
 */
export class Dovecot implements Office {
  readonly pop3: Address;
  readonly pop3s: Address;
  readonly lmtp: Address;
  readonly certificate: string;
  readonly #folder: string;
  readonly #stop: () => Promise<void>;

  private constructor(folder: string, ports: readonly number[], stop: () => Promise<void>) {
    const [pop3, pop3s, lmtp] = ports.map((port) => ({ host: '127.0.0.1', port }));
    if (!pop3 || !pop3s || !lmtp) throw new Error('three listeners need three ports');
    this.pop3 = pop3;
    this.pop3s = pop3s;
    this.lmtp = lmtp;
    this.#folder = folder;
    this.#stop = stop;
    this.certificate = join(folder, 'cert.pem');
  }

  static isInstalled(): boolean {
    return existsSync('/usr/lib/dovecot/pop3') && existsSync('/usr/lib/dovecot/lmtp') && process.getuid?.() === 0;
  }

  static async start({ passwords, mechanisms = ['plain', 'login'] }: DovecotOptions = {}): Promise<Dovecot> {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    for (const name of ['base', 'state', 'mail']) mkdirSync(join(folder, name));
    chownSync(join(folder, 'mail'), OWNER, OWNER);
    const { cert, key } = selfSignedCertificate();
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
    const ports = [await freePort(), await freePort(), await freePort()];
    // Mechanisms that do not show the password need it as it is.
    const lines = Object.entries(passwords ?? {}).map(([name, password]) => `${name}:{PLAIN}${password}\n`);
    writeFileSync(join(folder, 'passwords'), lines.join(''), { mode: 0o644 });
    const passdb = passwords === undefined ? ANYBODY : `driver = passwd-file\n  args = ${folder}/passwords`;
    writeFileSync(join(folder, 'dovecot.conf'), configuration(folder, ports, { passdb, mechanisms }));
    const child = spawn('dovecot', ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'ignore' });
    endWithThisProcess(child);
    const stop = async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    };
    const dovecot = new Dovecot(folder, ports, stop);
    for (const address of [dovecot.pop3, dovecot.pop3s, dovecot.lmtp]) await opened(address);
    return dovecot;
  }

  place(mode: Mode): Pop3Place {
    return { address: mode === 'TLS' ? this.pop3s : this.pop3, mode, ca: readFileSync(this.certificate, 'utf8') };
  }

  /** Where it keeps somebody's letters, with its list of unique-ids beside them. */
  maildir(name: string): string {
    return join(this.#folder, 'mail', name, 'Maildir');
  }

  /** It takes every name with every password. */
  async addAccount(): Promise<void> {}

  async close(): Promise<void> {
    await this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const ANYBODY = 'driver = static\n  args = nopassword=y';

function configuration(
  folder: string,
  [pop3, pop3s, lmtp]: readonly number[],
  { passdb, mechanisms }: { readonly passdb: string; readonly mechanisms: readonly string[] },
): string {
  return `
base_dir = ${folder}/base
state_dir = ${folder}/state
instance_name = restante-tests
log_path = ${folder}/log
protocols = pop3 lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = ${mechanisms.join(' ').toLowerCase()}
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 1000
lmtp_save_to_detail_mailbox = no
passdb {
  ${passdb}
}
userdb {
  driver = static
  args = uid=${OWNER} gid=${OWNER} home=${folder}/mail/%n allow_all_users=yes
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = ${pop3s}
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = ${lmtp}
  }
}
`;
}
