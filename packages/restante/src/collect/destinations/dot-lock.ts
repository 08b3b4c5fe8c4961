import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Failure } from '../../failure.ts';
import { failedWith, OpenFile, shown } from '../../import/file-octets.ts';
import { cannotWrite } from '../../import/new-file.ts';
import { removeUnseen } from './staging-folder.ts';

/** procmail's LOCKTIMEOUT: a lock that says nothing of a process is stale after so many milliseconds. */
const STALE = 1_024_000;
/** How long to wait for a lock that somebody has, in milliseconds: far longer than a mail program needs to write. */
const PATIENCE = 60_000;
/** A lock that is to be had is looked for so often, in milliseconds. */
const POLL = 100;
/** What a lock file says is no longer than that. */
const LONGEST = 256;

export interface DotLockOptions {
  /** Milliseconds to wait for it. Default: a minute. */
  readonly patience?: number;
  /** Milliseconds after which a lock is stale that says nothing of a process. Default: those of procmail. */
  readonly stale?: number;
}

/**
 * The lock that every program which writes mbox files takes first: `FILE.lock`, made by a link, which only one can make
 * (also on NFS). It says which process has it, as those of liblockfile and Dovecot do: `pid:host:namespace:started`.
 *
 * One that a process of this machine has is never taken away while that process lives. It is stale when the
 * process is dead, and one that says nothing of a process of ours when it is older than {@link STALE} by the clock of
 * the file system, as procmail has it.
 */
export class DotLock {
  readonly #path: string;
  readonly #inode: number;

  private constructor(path: string) {
    this.#path = path;
    this.#inode = lstatSync(path).ino;
  }

  /** Throws a {@link Failure} when somebody else keeps it, or nothing can be made there. */
  static async take(file: string, { patience = PATIENCE, stale = STALE }: DotLockOptions = {}): Promise<DotLock> {
    const path = `${file}.lock`;
    // Counted, and no clock read: a clock may be set meanwhile.
    for (let waited = 0; ; waited += POLL) {
      if (attempt(path, stale)) return new DotLock(path);
      if (waited >= patience) throw locked(file, path);
      await setTimeout(POLL);
    }
  }

  /** Removes what processes that died have left of their attempts to take it. Who has it calls this. */
  sweep(): void {
    const folder = dirname(this.#path);
    const now = lstatSync(this.#path);
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(`${basename(this.#path)}.`) || !/\.\d+\.[0-9a-f]{12}(?:\.stale)?$/.test(name)) continue;
      const path = `${folder}/${name}`;
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats !== undefined && isStale(path, stats, now, STALE)) removeUnseen(path);
    }
  }

  /** Never that of another, should somebody have taken ours away. */
  release(): void {
    if (lstatSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode) removeUnseen(this.#path);
  }
}

/** Whether it is ours now. */
function attempt(path: string, stale: number): boolean {
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    sayWho(draft);
    if (linked(draft, path)) return true;
    const holder = lstatSync(path, { throwIfNoEntry: false });
    if (holder === undefined || !isStale(path, holder, statSync(draft), stale)) return false;
    takeAway(path, holder, draft);
    return linked(draft, path);
  } catch (thrown) {
    throw cannotWrite(path, thrown);
  } finally {
    removeUnseen(draft);
  }
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    // On NFS the answer may be lost, and the link made: two names say so.
    if (statSync(draft).nlink === 2 && lstatSync(path, { throwIfNoEntry: false })?.ino === statSync(draft).ino)
      return true;
    if (failedWith(thrown, 'EEXIST')) return false;
    if (!failedWith(thrown, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw thrown;
    return madeAlone(path);
  }
}

/** Where the file system has no links. */
function madeAlone(path: string): boolean {
  try {
    sayWho(path);
    return true;
  } catch (thrown) {
    if (failedWith(thrown, 'EEXIST')) return false;
    throw thrown;
  }
}

/** Durably: a lock that a power cut has made empty would say nothing of a process. */
function sayWho(path: string): void {
  const descriptor = openSync(path, 'wx', 0o644);
  try {
    writeFileSync(descriptor, `${ourselves()}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** `draft` was made just now, so its time is the file system's clock. */
function isStale(path: string, holder: Stats, draft: Stats, stale: number): boolean {
  const [pid = '', host, namespace, started] = contentOf(path).trim().split(':');
  const process = /^[1-9]\d{0,9}$/.test(pid) ? Number(pid) : undefined;
  if (process !== undefined && host === hostname() && namespace === processNamespace()) {
    // Where processes of others are hidden in /proc, the number alone tells.
    const now = startOf(process);
    return now === undefined ? !isAlive(process) : now !== started;
  }
  // A process of that number is taken for the holder wherever it may be of this machine.
  if (process !== undefined && (host === undefined || host === hostname()) && isAlive(process)) return false;
  return draft.mtimeMs - Math.max(holder.mtimeMs, holder.ctimeMs) >= stale;
}

/**
 * Takes a stale lock away. Another process may have done so, and made its own since: then what was taken is put
 * back.
 */
function takeAway(path: string, holder: Stats, draft: string): void {
  const away = `${draft}.stale`;
  try {
    renameSync(path, away);
  } catch (thrown) {
    if (failedWith(thrown, 'ENOENT')) return;
    throw thrown;
  }
  try {
    const { ino, mtimeMs } = lstatSync(away);
    if (ino !== holder.ino || mtimeMs !== holder.mtimeMs) linkSync(away, path);
  } catch (thrown) {
    if (!failedWith(thrown, 'EEXIST')) throw thrown;
  } finally {
    removeUnseen(away);
  }
}

function contentOf(path: string): string {
  try {
    const file = OpenFile.open(path, false);
    try {
      return file.read(Buffer.alloc(LONGEST), 0).toString('latin1');
    } finally {
      file.close();
    }
  } catch {
    // It is gone, or says nothing to us: its age tells.
    return '';
  }
}

function locked(file: string, path: string): Failure {
  const [pid = ''] = contentOf(path).split(':');
  const who = /^[1-9]\d*\s*$/.test(pid) ? `process ${pid.trim()}` : 'another program';
  return new Failure(
    `${shown(file)} is locked by ${who}: wait for it to end, or remove ${shown(path)} if none is there`,
  );
}

function ourselves(): string {
  return `${process.pid}:${hostname()}:${processNamespace()}:${startOf(process.pid) ?? ''}`;
}

/** Processes are numbered anew in each container, and such may share a host's name. Empty where nobody can tell. */
function processNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
}

/** When a process was started, in clock ticks since the machine was: numbers of processes are given again. proc(5). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[20];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return !failedWith(thrown, 'ESRCH');
  }
}
