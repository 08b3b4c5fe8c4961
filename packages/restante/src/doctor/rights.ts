import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { initialPasswordFile } from '../office/files.ts';
import { error, type Finding, ok, warning } from './finding.ts';

/** What only the office's own user may read. Unix sockets of LMTP are given to others on purpose, and are not among it. */
const PRIVATE = [
  'index.sqlite',
  'index.sqlite-wal',
  'letters',
  'incoming',
  'control.sock',
  'tls/key.pem',
  'initial-password',
];

/** Whose a file is, and who may do what with it; undefined where there is none, or it may not be looked at. */
export type Look = (path: string) => Pick<Stats, 'uid' | 'mode' | 'isDirectory'> | undefined;

/** Whose the files are, and who else can get at them. `uid` is who asks. */
export function examineRights(
  data: string,
  uid = process.getuid?.() ?? 0,
  look: Look = statOrNothing,
): readonly Finding[] {
  const folder = look(data);
  if (folder === undefined) return [ok(`the data folder ${data} is made at the first start`)];
  if (!folder.isDirectory()) return [error(`${data} is no folder`, 'name another with --data DIR')];
  const findings = [...ownership(data, folder.uid, uid, look), ...openness(data, folder.mode, look)];
  if (look(initialPasswordFile(data)) !== undefined) {
    const file = initialPasswordFile(data);
    findings.push(
      warning(
        `the first password still stands in ${file}`,
        'restante account password mail gives another, and removes it',
      ),
    );
  }
  return findings.length > 0
    ? findings
    : [ok(`${data} and what is in it belong to one user, and nobody else can read the mail`)];
}

/** Files that another user made, most often root by a command, are what the office cannot open at its next start. */
function* ownership(data: string, owner: number, uid: number, look: Look): Generator<Finding> {
  const strangers: string[] = [];
  for (const name of ['', ...entries(data), ...entries(data, 'letters'), ...entries(data, 'tls')]) {
    const there = look(join(data, name));
    if (there !== undefined && there.uid !== owner) strangers.push(name);
  }
  const [first] = strangers;
  if (first !== undefined) {
    const more = strangers.length > 1 ? `, and ${strangers.length - 1} more,` : '';
    yield error(
      `${join(data, first)}${more} belongs to another user than ${data}`,
      `chown -R --reference=${data} ${data}`,
    );
  }
  if (uid !== 0 && uid !== owner) {
    yield warning(`${data} belongs to another user`, 'be the user that runs the office, to have everything looked at');
  }
}

function* openness(data: string, mode: number, look: Look): Generator<Finding> {
  if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
    yield error(`everybody can put files into ${data}, and remove them`, `chmod o-w ${data}`);
  }
  for (const name of PRIVATE) {
    const path = join(data, name);
    const there = look(path);
    if (there !== undefined && (there.mode & 0o007) !== 0)
      yield error(`everybody on this machine can get at ${path}`, `chmod o= ${path}`);
  }
  const configuration = join(data, 'restante.toml');
  if (((look(configuration)?.mode ?? 0) & 0o002) !== 0) {
    yield error(`everybody can change ${configuration}`, `chmod o-w ${configuration}`);
  }
}

function entries(data: string, folder = ''): readonly string[] {
  try {
    return readdirSync(join(data, folder)).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
