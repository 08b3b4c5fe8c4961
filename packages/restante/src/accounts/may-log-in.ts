import type { Peer } from '@restante/pop/server';
import { Networks } from './network.ts';
import type { AccountPolicy } from './policy.ts';

/** Whether the account's own policy lets anybody log in over this connection, with whatever password. */
export function mayLogIn({ requireTls, networks }: AccountPolicy, peer: Pick<Peer, 'address' | 'tls'>): boolean {
  if (requireTls === true && peer.tls === undefined) return false;
  return networks === undefined || networks.length === 0 || new Networks(networks).has(peer.address);
}
