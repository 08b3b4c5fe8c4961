import { resolve } from 'node:path';

/**
 * What a process did to files, read from the output of `strace -f -y -xx` (strace(1)). `begin` and `end` are the lines
 * at which the call began and was over: in between, another thread may have done something.
 */
export interface Traced {
  readonly begin: number;
  readonly end: number;
  readonly effect: Effect;
}

export type Effect =
  | { readonly type: 'open'; readonly fd: number; readonly path: string; readonly flags: ReadonlySet<string> }
  /** Without an offset it goes where the descriptor stands. */
  | {
      readonly type: 'write';
      readonly fd: number;
      readonly path: string;
      readonly octets: Buffer;
      readonly offset?: number;
    }
  | { readonly type: 'truncate'; readonly path: string; readonly length: number }
  | { readonly type: 'seek'; readonly fd: number; readonly offset: number }
  | { readonly type: 'sync'; readonly path: string }
  | { readonly type: 'rename' | 'link'; readonly from: string; readonly to: string }
  | { readonly type: 'unlink' | 'make-directory'; readonly path: string };

/** The calls that have to be traced, for `strace -e trace=`. */
export const tracedCalls = [
  ...[
    'open',
    'openat',
    'creat',
    'write',
    'pwrite64',
    'writev',
    'pwritev',
    'pwritev2',
    'lseek',
    'truncate',
    'ftruncate',
  ],
  ...[
    'fsync',
    'fdatasync',
    'msync',
    'rename',
    'renameat',
    'renameat2',
    'link',
    'linkat',
    'unlink',
    'unlinkat',
    'rmdir',
  ],
  ...['mkdir', 'mkdirat', 'fallocate', 'copy_file_range', 'sendfile', 'splice', 'sync_file_range', 'io_uring_setup'],
] as const;

/** Reads a trace. Paths are absolute; calls that failed are left out. Throws at a call that would change files unseen. */
export function parseTrace(text: string): readonly Traced[] {
  const traced: Traced[] = [];
  const unfinished = new Map<string, { readonly begin: number; readonly text: string }>();
  for (const [number, line] of text.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/u.exec(line) ?? [];
    const [, started] = /^(.*) <unfinished \.\.\.>$/u.exec(rest) ?? [];
    if (started !== undefined) {
      unfinished.set(thread, { begin: number, text: started });
      continue;
    }
    const [, resumed] = /^<\.\.\. \w+ resumed>(.*)$/u.exec(rest) ?? [];
    const before = resumed === undefined ? undefined : unfinished.get(thread);
    const effect = parseCall(resumed === undefined ? rest : `${before?.text ?? ''}${resumed}`);
    if (effect) traced.push({ begin: before?.begin ?? number, end: number, effect });
  }
  return traced.toSorted((a, b) => a.begin - b.begin);
}

function parseCall(call: string): Effect | undefined {
  const [, name = '', text = '', answer = ''] = /^(\w+)\((.*)\) += (-?\d+)/u.exec(call) ?? [];
  const result = Number(answer);
  if (answer === '' || result < 0) return undefined;
  if (/"\.\.\./u.test(text)) throw new Error(`the trace is cut short in ${name}: strace needs a larger -s`);
  const all = splitArguments(text);
  const at = (index: number) => all[index] ?? '';
  const numberAt = (index: number) => Number(at(index));
  switch (name) {
    case 'open':
    case 'creat':
      return { type: 'open', fd: result, path: pathOf(at(0)), flags: flagsOf(at(1), name) };
    case 'openat':
      return { type: 'open', fd: result, path: pathOf(at(1), at(0)), flags: flagsOf(at(2), name) };
    case 'write':
    case 'writev':
      return { type: 'write', ...descriptor(at(0)), octets: octetsOf(at(1)).subarray(0, result) };
    case 'pwrite64':
    case 'pwritev':
    case 'pwritev2':
      return { type: 'write', ...descriptor(at(0)), octets: octetsOf(at(1)).subarray(0, result), offset: numberAt(3) };
    case 'lseek':
      return { type: 'seek', fd: descriptor(at(0)).fd, offset: result };
    case 'truncate':
      return { type: 'truncate', path: pathOf(at(0)), length: numberAt(1) };
    case 'ftruncate':
      return { type: 'truncate', path: descriptor(at(0)).path, length: numberAt(1) };
    case 'fsync':
    case 'fdatasync':
      return { type: 'sync', path: descriptor(at(0)).path };
    case 'rename':
    case 'link':
      return { type: name, from: pathOf(at(0)), to: pathOf(at(1)) };
    case 'renameat':
    case 'renameat2':
      return { type: 'rename', from: pathOf(at(1), at(0)), to: pathOf(at(3), at(2)) };
    case 'linkat':
      return { type: 'link', from: pathOf(at(1), at(0)), to: pathOf(at(3), at(2)) };
    case 'unlink':
    case 'rmdir':
      return { type: 'unlink', path: pathOf(at(0)) };
    case 'unlinkat':
      return { type: 'unlink', path: pathOf(at(1), at(0)) };
    case 'mkdir':
      return { type: 'make-directory', path: pathOf(at(0)) };
    case 'mkdirat':
      return { type: 'make-directory', path: pathOf(at(1), at(0)) };
    case 'msync':
    case 'sync_file_range':
      return undefined;
    case 'io_uring_setup':
      // libuv has one ring for epoll, which is no matter here, and another one, polled by the kernel, for files.
      if (text.includes('IORING_SETUP_SQPOLL')) throw new Error('files are written through io_uring, unseen');
      return undefined;
    default:
      throw new Error(`${name} changes files in a way that is not modelled`);
  }
}

/** The arguments; no string has a comma or bracket in it, since all of its octets are written in hexadecimal. */
function splitArguments(text: string): readonly string[] {
  return text.match(/\[.*?\]|[^,\s][^,]*/gu) ?? [];
}

function descriptor(argument: string): { readonly fd: number; readonly path: string } {
  const [, fd = '', path = '', deleted = ''] = /^(\d+)<([^>]*)>(\(deleted\))?/u.exec(argument) ?? [];
  if (fd === '') throw new Error(`no file descriptor: ${argument}`);
  return { fd: Number(fd), path: `${decode(path).toString('utf8')}${deleted}` };
}

function pathOf(argument: string, directory = ''): string {
  const [, base = ''] = /<([^>]*)>/u.exec(directory) ?? [];
  return resolve(decode(base).toString('utf8') || '/', octetsOf(argument).toString('utf8'));
}

function flagsOf(argument: string, name: string): ReadonlySet<string> {
  return new Set(name === 'creat' ? ['O_WRONLY', 'O_CREAT', 'O_TRUNC'] : argument.split('|'));
}

function octetsOf(argument: string): Buffer {
  return Buffer.concat([...argument.matchAll(/"([^"]*)"/gu)].map(([, string = '']) => decode(string)));
}

function decode(string: string): Buffer {
  return Buffer.from(string.replaceAll('\\x', ''), 'hex');
}
