/**
 * Something that the person at the keyboard can mend: one line that says what is wrong and what to do. It reaches the
 * command line whole, from here or over the control socket, and is printed without a stack.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Why a system call failed, in words that need no errno table. */
export function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
  const words = code === undefined ? undefined : REASONS[code];
  if (words !== undefined) return words;
  return thrown instanceof Error ? (thrown.message.split('\n', 1)[0] ?? '') : String(thrown);
}

const REASONS: Readonly<Record<string, string | undefined>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'it is a directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EMFILE: 'too many open files',
};
