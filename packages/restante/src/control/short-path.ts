import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** What fits a socket's address everywhere: 104 octets on BSD and macOS, 108 on Linux, the NUL at the end included. */
const LONGEST = 103;

/**
 * Calls `use` with a path that leads to the socket and fits its address: the path itself, or, when that is too long (a
 * data folder may be anywhere), one through a link in a folder that nobody else can look into. The link is gone when
 * `use` returns, so it must bind or connect before that, as `net` does for paths.
 */
export function withShortPath<T>(socket: string, use: (path: string) => T): T {
  if (Buffer.byteLength(socket) <= LONGEST) return use(socket);
  const folder = mkdtempSync(join(tmpdir(), 'restante-'));
  const link = join(folder, 'd');
  try {
    symlinkSync(dirname(socket), link);
    return use(join(link, basename(socket)));
  } finally {
    try {
      unlinkSync(link);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
