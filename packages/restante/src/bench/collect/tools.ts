import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { USER } from '../../testing/interop/peer-program.ts';
import { MAIN } from '../../testing/program.ts';
import { PASSWORD } from './office.ts';

/** Where a tool calls, for whom, and where it keeps what it has: `HOME/ACCOUNT` is the Maildir of each. */
export interface Errand {
  readonly home: string;
  readonly port: number;
  readonly accounts: readonly string[];
}

/** A program that collects mail, as it is run from one command. */
export interface Tool {
  readonly name: string;
  readonly version: readonly [string, ...string[]];
  /** Takes minutes over a slow link. */
  readonly slow: boolean;
  /** Writes its files and answers the command. */
  prepare(errand: Errand): readonly [string, ...string[]];
  /** Its status when there was nothing to do, if that is not 0. */
  readonly nothing?: number;
}

export const restante: Tool = {
  name: 'restante',
  version: [process.execPath, MAIN, '--version'],
  slow: false,
  prepare({ home, port, accounts }) {
    file(home, 'password', `${PASSWORD}\n`);
    const tables = accounts.map(
      (account) => `[collect.account.${account}]
url = "pop3://${account}@localhost:${port}"
tls = "none"
password_file = "${home}/password"
to = "maildir:${home}/${account}"
afterwards = "keep"
`,
    );
    const config = file(home, 'restante.toml', ['[collect]\nper_host = 10\n', ...tables].join('\n'));
    return [process.execPath, MAIN, 'collect', '--config', config, '--data', home];
  },
};

export const mpop: Tool = {
  name: 'mpop',
  version: ['mpop', '--version'],
  slow: false,
  prepare({ home, port, accounts }) {
    const each = accounts.map(
      (account) => `account ${account}
host localhost
port ${port}
user ${account}
password "${PASSWORD}"
auth user
tls off
keep on
uidls_file ${home}/${account}.uidls
delivery maildir ${home}/${account}
`,
    );
    return ['mpop', '-C', file(home, 'mpoprc', each.join('\n')), '-Q', '-a'];
  },
};

export const fetchmail: Tool = {
  name: 'fetchmail',
  version: ['fetchmail', '--version'],
  slow: true,
  nothing: 1,
  prepare({ home, port, accounts }) {
    const each = accounts.map(
      (account) => `poll ${account}.example via localhost service ${port} protocol pop3 uidl
  username "${account}" password "${PASSWORD}"
  sslproto ""
  keep
  no rewrite
  mda "/usr/bin/procmail DEFAULT=${home}/${account}/ /dev/null"
`,
    );
    return ['fetchmail', '-s', '-f', file(home, 'fetchmailrc', each.join('\n'))];
  },
};

/** See testing/interop/collectors.ts: without it getmail6 6.18 now and then waits a minute for a child that has ended. */
const GETMAIL = `import os, runpy, shutil
from getmailcore import baseclasses

def wait(self, child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

baseclasses.ForkingBase._prepare_child = lambda self: None
baseclasses.ForkingBase._wait_for_child = wait
runpy.run_path(shutil.which('getmail'), run_name='__main__')
`;

export const getmail: Tool = {
  name: 'getmail6',
  version: ['getmail', '--version'],
  slow: true,
  prepare({ home, port, accounts }) {
    const files = accounts.map((account) =>
      file(
        home,
        `getmailrc-${account}`,
        `[retriever]
type = SimplePOP3Retriever
server = localhost
port = ${port}
username = ${account}
password = ${PASSWORD}

[destination]
type = Maildir
path = ${home}/${account}/

[options]
read_all = false
delete = false
verbose = 0
`,
      ),
    );
    const program = file(home, 'getmail.py', GETMAIL);
    return ['python3', program, '--getmaildir', home, ...files.flatMap((name) => ['--rcfile', name])];
  },
};

export const TOOLS: readonly Tool[] = [restante, mpop, fetchmail, getmail];

/** Writes a file that only the program's user can read. Answers its path. */
export function file(home: string, name: string, text: string): string {
  const path = join(home, name);
  writeFileSync(path, text, { mode: 0o600 });
  own(path);
  return path;
}

/** Makes a folder of the program's user. */
export function folder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  own(path);
}

function own(path: string): void {
  if (USER.uid !== undefined && USER.gid !== undefined) chownSync(path, USER.uid, USER.gid);
}
