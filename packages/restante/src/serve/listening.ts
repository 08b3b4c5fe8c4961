import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Listening } from '@restante/pop/server';
import type { ListenAddress } from '../config/listen-address.ts';
import { formatListen } from '../config/listen-address.ts';
import { ListenAddressError } from '../delivery/listen-address-error.ts';
import { Failure, reasonOf } from '../failure.ts';

/** What is listened for: as in `--pop3` and `listen.pop3`. */
export type Door = 'pop3' | 'pop3s' | 'smtp' | 'lmtp' | 'metrics';

/** A listener that is open, with the port that it really has. */
export interface OpenDoor {
  readonly door: Door;
  readonly address: ListenAddress;
}

/** Any driver: it knows how to listen at an address. */
export type Listen = (address: { host: string; port: number } | { path: string }) => Promise<Listening>;

/** Opens one listener, or says what is in its way and what to do. */
export async function openDoor(door: Door, address: ListenAddress, listen: Listen): Promise<OpenDoor> {
  try {
    if (address.type === 'unix') {
      await listen({ path: address.path });
      return { door, address };
    }
    const bound = await listen({ host: address.host, port: address.port });
    return { door, address: 'port' in bound ? { ...address, port: bound.port } : address };
  } catch (thrown) {
    throw new Failure(`${door} cannot listen on ${formatListen(address)}: ${reason(door, address, thrown)}`);
  }
}

function reason(door: Door, address: ListenAddress, thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (thrown instanceof ListenAddressError) return thrown.message;
  const other = `choose another with --${door} ${door === 'lmtp' ? 'HOST:PORT or unix:PATH' : 'HOST:PORT'}`;
  switch (code) {
    case 'EADDRINUSE':
      return `another program does already; stop it, or ${other}`;
    case 'EACCES':
    case 'EPERM':
      // The system's word for a missing folder, as Node passes it on, is EACCES too.
      if (address.type === 'unix' && !existsSync(dirname(address.path))) {
        return `the folder ${dirname(address.path)} is not there: make it, or ${other}`;
      }
      return address.type === 'tcp' && address.port < 1024
        ? `ports below 1024 are for root, or who has CAP_NET_BIND_SERVICE; or ${other}`
        : `permission denied; ${other}`;
    case 'EADDRNOTAVAIL':
      return `this machine has no such address; ${other}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `there is no host of that name; ${other}`;
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return `the path is too long for a socket; ${other}`;
    default:
      return `${reasonOf(thrown)}; ${other}`;
  }
}
