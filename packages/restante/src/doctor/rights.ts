import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { initialPasswordFile } from '../office-files.ts';
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

/** Whose the files are, and who else can get at them. */
export function examineRights(data: string, uid = process.getuid?.() ?? 0): readonly Finding[] {
  const folder = statSync(data, { throwIfNoEntry: false });
  if (folder === undefined) return [ok(`the data folder ${data} is made at the first start`)];
  if (!folder.isDirectory()) return [error(`${data} is no folder`, 'name another with --data DIR')];
  const findings = [...ownership(data, folder, uid), ...openness(data, folder)];
  if (statSync(initialPasswordFile(data), { throwIfNoEntry: false }) !== undefined) {
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
function* ownership(data: string, folder: Stats, uid: number): Generator<Finding> {
  const strangers: string[] = [];
  for (const name of ['', ...entries(data), ...entries(data, 'letters'), ...entries(data, 'tls')]) {
    const there = statOrNothing(join(data, name));
    if (there !== undefined && there.uid !== folder.uid) strangers.push(name);
  }
  const [first] = strangers;
  if (first !== undefined) {
    const more = strangers.length > 1 ? `, and ${strangers.length - 1} more,` : '';
    yield error(
      `${join(data, first)}${more} belongs to another user than ${data}`,
      `chown -R --reference=${data} ${data}`,
    );
  }
  if (uid !== 0 && uid !== folder.uid) {
    yield warning(`${data} belongs to another user`, 'be the user that runs the office, to have everything looked at');
  }
}

function* openness(data: string, folder: Stats): Generator<Finding> {
  if ((folder.mode & 0o002) !== 0 && (folder.mode & 0o1000) === 0) {
    yield error(`everybody can put files into ${data}, and remove them`, `chmod o-w ${data}`);
  }
  for (const name of PRIVATE) {
    const path = join(data, name);
    const there = statOrNothing(path);
    if (there !== undefined && (there.mode & 0o007) !== 0)
      yield error(`everybody on this machine can get at ${path}`, `chmod o= ${path}`);
  }
  const configuration = join(data, 'restante.toml');
  if (((statOrNothing(configuration)?.mode ?? 0) & 0o002) !== 0) {
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
