import type { Visit } from '@restante/pop/server';
import type { LedgerActor } from '../store/ledger/entry.ts';

/** Octets of what a client wrote as its name, that are kept of it. */
const NAME = 256;

/** Who a visit is, as the ledger has it. */
export function visitorOf(account: string, { session, peer, login, mechanism, device = '' }: Visit): LedgerActor {
  const { version: tls = '', cipher = '' } = peer.tls ?? {};
  return { account, session, login: login.slice(0, NAME), device, mechanism, address: peer.address, tls, cipher };
}
