import { isIP } from 'node:net';
import { formatListen } from '../config/listen-address.ts';
import type { Certificate } from '../tls/certificate.ts';
import type { Door, OpenDoor } from './listening.ts';

/** What a first start made, and what is needed to say how to use it. */
export interface FirstStart {
  readonly account: string;
  /** The password itself, or the file that has it. */
  readonly password:
    | { readonly type: 'shown'; readonly text: string }
    | { readonly type: 'file'; readonly path: string };
  readonly doors: readonly OpenDoor[];
  readonly certificate: Pick<Certificate, 'files' | 'names'>;
  /** Whether this machine has curl. */
  readonly curl: boolean;
  /** How the command line is called here: `restante`, or `npm run -s restante --`. */
  readonly program: string;
  /** The data folder, where it is not the one that the command line would take by itself. */
  readonly data?: string;
}

/** What newcomers see: where everything is, who they are, and commands to send a letter and to call for it, ready to be pasted. */
export function firstScreen(start: FirstStart): string {
  const { account, password, doors, program, data } = start;
  const lines = ['Your post office is open, for the first time:', ''];
  if (doors.length === 0) lines.push('  nowhere: every listener is off');
  for (const { door, address } of doors)
    lines.push(`  ${LABELS[door].padEnd(8)}  ${formatListen(address)}  ${HOW[door]}`.trimEnd());
  lines.push('', 'An account was made, and a letter waits in it:', '');
  lines.push(`  name      ${account}`);
  lines.push(`  password  ${password.type === 'shown' ? password.text : `in ${password.path}`}`, '');
  const send = sendCommand(start);
  if (send !== undefined) lines.push('Send it a letter:', '', `  ${send}`, '');
  const calls = callCommands(start);
  if (calls.length > 0) {
    lines.push('See what is there, call for the letter that waits, and for the one that you sent:', '');
    lines.push(...calls.map((call) => `  ${call}`), '');
  }
  lines.push(
    'Make an account of your own:',
    '',
    `  ${program} account add NAME --generate${data === undefined ? '' : ` --data ${quoted(data)}`}`,
    '',
  );
  return lines.join('\n');
}

const LABELS = { pop3: 'POP3', pop3s: 'POP3S', smtp: 'SMTP', lmtp: 'LMTP', metrics: 'Metrics' } as const;
const HOW = {
  pop3: '(TLS by STLS)',
  pop3s: '(TLS)',
  smtp: '(TLS by STARTTLS)',
  lmtp: '',
  metrics: '(HTTP)',
} as const;

/** The line that says that a listener is open. */
export function doorLine({ door, address }: OpenDoor): string {
  return `${LABELS[door]} on ${formatListen(address)} ${HOW[door]}`.trimEnd();
}

/** Node is sure to be there, whatever else is, and needs no shell of a certain kind. */
function sendCommand({ account, doors }: FirstStart): string | undefined {
  const open = openFor(doors, 'lmtp') ?? openFor(doors, 'smtp');
  if (open === undefined) return undefined;
  const { door, address } = open;
  const to = address.type === 'unix' ? { path: address.path } : { port: address.port, host: nearHost(address.host) };
  const envelope = [
    door === 'lmtp' ? 'LHLO localhost' : 'EHLO localhost',
    'MAIL FROM:<>',
    `RCPT TO:<${account}>`,
    'DATA',
  ];
  return nodeCommand('net', to, [...envelope, 'Subject: Hello', '', 'It works.', '.', 'QUIT'].map(literal));
}

/** Speaks these lines, JavaScript expressions, to a server, and shows what it answers. */
function nodeCommand(module: 'net' | 'tls', to: object, lines: readonly string[], more = ''): string {
  const options = `{${Object.entries(to).map(([name, value]) => `${name}:${JSON.stringify(value)}`)}${more}}`;
  const dialog = `[${lines.join()},""].join("\\r\\n")`;
  return `node -e ${quoted(`const s=require("${module}").connect(${options});s.pipe(process.stdout);s.write(${dialog})`)}`;
}

function literal(text: string): string {
  return JSON.stringify(text);
}

/** Where a client is told to call, and by which of the certificate's names. */
interface Call {
  readonly door: 'pop3' | 'pop3s';
  readonly host: string;
  readonly port: number;
  readonly name: string;
}

/** Lists, then gets the first and the second letter. */
function callCommands(start: FirstStart): readonly string[] {
  const { doors, certificate } = start;
  const open = openFor(doors, 'pop3s') ?? openFor(doors, 'pop3');
  if (open === undefined || open.address.type !== 'tcp') return [];
  const host = nearHost(open.address.host);
  const { names } = certificate;
  const name = names.includes(host) ? host : (names.find((each) => !each.includes('*')) ?? host);
  const call = { door: open.door, host, port: open.address.port, name };
  if (start.curl) return curlCommands(start, call);
  return open.door === 'pop3s' ? nodeCallCommands(start, call) : [];
}

function openFor<D extends Door>(doors: readonly OpenDoor[], door: D): (OpenDoor & { door: D }) | undefined {
  return doors.find((open): open is OpenDoor & { door: D } => open.door === door);
}

/** The password is typed, or goes by a pipe: on curl's command line everybody on the machine could read it. */
function curlCommands(
  { account, password, certificate }: FirstStart,
  { door, host, port, name }: Call,
): readonly string[] {
  const words = ['curl', '-sS', '--cacert', quoted(certificate.files.cert)];
  if (door === 'pop3') words.push('--ssl-reqd');
  if (name !== host) words.push('--connect-to', quoted(`::${bracketed(host)}:${port}`));
  let before = '';
  if (password.type === 'shown') words.push('-u', account);
  else {
    before = `sed ${quoted(`s/.*/user = "${account}:&"/`)} ${quoted(password.path)} | `;
    words.push('-K', '-');
  }
  return ['', '1', '2'].map((path) => `${before}${words.join(' ')} ${door}://${bracketed(name)}:${port}/${path}`);
}

/** For a machine without curl. A password that is typed is ended by Enter and Ctrl-D. */
function nodeCallCommands(
  { account, password, certificate }: FirstStart,
  { host, port, name }: Call,
): readonly string[] {
  const file = (path: string | 0): string => `require("fs").readFileSync(${JSON.stringify(path)},"utf8")`;
  const to = { port, host, ...(isIP(name) === 0 && { servername: name }) };
  const secret = `"PASS "+${file(password.type === 'shown' ? 0 : password.path)}.trim()`;
  return ['LIST', 'RETR 1', 'RETR 2'].map((command) => {
    const lines = [literal(`USER ${account}`), secret, literal(command), literal('QUIT')];
    return nodeCommand('tls', to, lines, `,ca:${file(certificate.files.cert)}`);
  });
}

/** An address that reaches, from this machine, whoever listens there. */
function nearHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** One word for any shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
