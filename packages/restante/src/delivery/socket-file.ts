/**
 * The file of a unix socket: who may reach it, and whether it is somebody's.
 * @module
 */
import { chmod, chown, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { ListenAddressError } from './listen-address-error.ts';

/** Who may connect. */
export interface SocketAccess {
  /** Permissions of the file. */
  readonly mode: number;
  /** The number of the group that it is given to; absent: the process's own. */
  readonly group?: number;
}

/** The group first: until the mode is set, the file is its maker's alone wherever the umask says so. */
export async function admitToSocket(path: string, { mode, group }: SocketAccess): Promise<void> {
  if (group !== undefined) {
    await chown(path, -1, group).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPERM') throw error;
      throw new ListenAddressError(
        `this process is not in group ${group}, so it may not give ${path} to it: make its user a member, or name another group`,
      );
    });
  }
  await chmod(path, mode);
}

/** Removes a socket file that a killed server left behind: only a socket, and only when nobody answers on it. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new ListenAddressError(`${path} is there and no socket: remove it or choose another path`);
  if (await somebodyAnswers(path)) {
    throw new ListenAddressError(`another server answers on ${path}: stop it or choose another path`);
  }
  await unlink(path);
}

function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}
