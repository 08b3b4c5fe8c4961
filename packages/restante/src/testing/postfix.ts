import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, freePort, opened } from './connection.ts';
import { idOf } from './identity.ts';
import { endWithThisProcess, temporaryFolder } from './running-office.ts';

const DAEMONS = '/usr/lib/postfix/sbin';
/** How long it may take for a line to stand in its log: far longer than any machine is slow. */
const PATIENCE = 60_000;

/** Where Postfix sends the mail for a domain: `lmtp:inet:127.0.0.1:1024`, `lmtp:unix:/run/x`, `smtp:[127.0.0.1]:1025`. */
export type Transports = Readonly<Record<string, string>>;

export interface PostfixOptions {
  readonly transports: Transports;
  /** Lines of main.cf besides. */
  readonly settings?: string;
  /** Lines of master.cf besides. */
  readonly services?: string;
}

/**
 * Debian's Postfix as a relay in front of an office: an instance of its own in the foreground, whose files are in a new
 * folder, with a listener on loopback. It looks up no name and binds to loopback only, so that nothing leaves the machine;
 * the machine's own Postfix, if one runs, is not touched. Needs root.
 */
export class Postfix {
  /** Where it takes mail by SMTP as from its own network, for any domain that it has a transport for. */
  readonly smtp: Address;
  /** Where it takes mail as from strangers. */
  readonly world: Address;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, [smtp, world]: Ports, child: ChildProcess) {
    this.#folder = folder;
    this.smtp = { host: '127.0.0.1', port: smtp };
    this.world = { host: '127.0.0.1', port: world };
    this.#child = child;
  }

  static isInstalled(): boolean {
    return existsSync(join(DAEMONS, 'master')) && process.getuid?.() === 0;
  }

  static async start(options: PostfixOptions): Promise<Postfix> {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    makeFolders(folder);
    const ports: Ports = [await freePort(), await freePort()];
    writeFileSync(join(folder, 'etc', 'main.cf'), mainCf(folder, options));
    writeFileSync(join(folder, 'etc', 'master.cf'), masterCf(ports, options));
    const child = spawn(join(DAEMONS, 'master'), ['-c', join(folder, 'etc'), '-d'], { stdio: 'ignore' });
    endWithThisProcess(child);
    const postfix = new Postfix(folder, ports, child);
    await opened(postfix.smtp);
    return postfix;
  }

  /** All that it logged so far. */
  get log(): string {
    const file = join(this.#folder, 'maillog');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Resolves to the first line of the log that matches, from `offset` on, as soon as there is one. */
  async logged(pattern: RegExp, offset = 0): Promise<string> {
    const until = Date.now() + PATIENCE;
    for (;;) {
      const line = this.log
        .slice(offset)
        .split('\n')
        .find((each) => pattern.test(each));
      if (line !== undefined) return line;
      if (Date.now() > until) throw new Error(`Postfix has not logged ${pattern}:\n${this.log.slice(-3000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Has it try at once all that waits in its queue. */
  async flush(): Promise<void> {
    await this.#command('postqueue', ['-f']);
  }

  /** Resolves when nothing waits in its queue any more. */
  emptied(): Promise<void> {
    return this.waitedFor([]);
  }

  /** Resolves when so many recipients of each letter wait in its queue, and no others. */
  async waitedFor(recipients: readonly number[]): Promise<void> {
    const until = Date.now() + PATIENCE;
    for (;;) {
      const waiting = await this.queue();
      if (waiting.map((each) => each.length).join() === recipients.join()) return;
      if (Date.now() > until)
        throw new Error(`Postfix still has ${JSON.stringify(waiting)}:\n${this.log.slice(-3000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What waits in its queue: for each letter the recipients that have not got it. */
  async queue(): Promise<readonly (readonly string[])[]> {
    const lines = (await this.#command('postqueue', ['-j'])).split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const { recipients } = JSON.parse(line) as { readonly recipients: readonly { readonly address: string }[] };
      return recipients.map(({ address }) => address);
    });
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #command(name: string, words: readonly string[]): Promise<string> {
    const child = spawn(name, ['-c', join(this.#folder, 'etc'), ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    await once(child, 'close');
    if (child.exitCode !== 0) throw new Error(`${name} ended with ${child.exitCode}`);
    return said;
  }
}

type Ports = readonly [smtp: number, world: number];

const OWNER = 'postfix';
const SETGID = 'postdrop';
const QUEUES = 'active bounce corrupt defer deferred flush hold incoming private saved trace'.split(' ');

/** With the owners and modes that postfix(1) gives them. */
function makeFolders(folder: string): void {
  const owner = idOf('passwd', OWNER);
  const make = (name: string, uid: number, gid: number, mode: number) => {
    const path = join(folder, name);
    mkdirSync(path);
    chownSync(path, uid, gid);
    chmodSync(path, mode);
  };
  make('etc', 0, 0, 0o755);
  make('data', owner, 0, 0o700);
  make('queue', 0, 0, 0o755);
  for (const name of QUEUES) make(`queue/${name}`, owner, 0, 0o700);
  make('queue/maildrop', owner, idOf('group', SETGID), 0o1730);
  make('queue/public', owner, idOf('group', SETGID), 0o2710);
  make('queue/pid', 0, 0, 0o755);
}

function mainCf(folder: string, { transports, settings = '' }: PostfixOptions): string {
  const table = Object.entries(transports).map(([domain, transport]) => `{${domain} = ${transport}}`);
  return `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
daemon_directory = ${DAEMONS}
mail_owner = ${OWNER}
setgid_group = ${SETGID}
maillog_file = ${folder}/maillog
maillog_file_prefixes = ${folder}
myhostname = relay.example.org
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8

# No name is looked up, and nothing goes anywhere but where the table says.
smtp_dns_support_level = disabled
lmtp_dns_support_level = disabled
smtp_host_lookup = native
lmtp_host_lookup = native
smtpd_peername_lookup = no
default_transport = error:no route
transport_maps = inline:{${table.join(', ')}}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
relay_domains = ${Object.keys(transports).join(', ')}
smtpd_relay_restrictions = permit_auth_destination, reject

# A letter is passed on as it came: no field is added or rewritten, no long line broken.
local_header_rewrite_clients =
smtp_line_length_limit = 0
lmtp_line_length_limit = 0

# As little waiting as it allows: what it holds back the tests flush.
smtpd_client_connection_rate_limit = 0
in_flow_delay = 0
${settings}
`;
}

/** What it runs: none of it in a changed root folder, and only the listener is reached from outside. */
function masterCf([smtp, world]: Ports, { services: more = '' }: PostfixOptions): string {
  const services = [
    `127.0.0.1:${smtp} inet n - n - - smtpd`,
    `127.0.0.1:${world} inet n - n - - smtpd -o mynetworks=`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'smtp unix - - n - - smtp',
    'lmtp unix - - n - - lmtp',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'showq unix n - n - - showq',
    'postlog unix-dgram n - n - 1 postlogd',
  ];
  return `${services.join('\n')}\n${more}`;
}
