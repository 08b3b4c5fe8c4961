import { readFileSync } from 'node:fs';
import { type Finding, ok, warning } from './finding.ts';

/** Who may listen at which ports of this machine. */
export interface PortRights {
  /** The first port that everybody may listen at. */
  readonly first: number;
  /** Whether this process may listen at those before it too. */
  readonly privileged: boolean;
}

/** Linux's number of CAP_NET_BIND_SERVICE. */
const BIND_SERVICE = 10n;

/** Those of this process; `proc` is where proc(5) is mounted. */
export function portRights(uid = process.getuid?.() ?? 0, proc = '/proc'): PortRights {
  const first = Number.parseInt(readOr(`${proc}/sys/net/ipv4/ip_unprivileged_port_start`, '1024'), 10);
  const [, held = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readOr(`${proc}/self/status`, '')) ?? [];
  return { first, privileged: uid === 0 || ((BigInt(`0x${held}`) >> BIND_SERVICE) & 1n) === 1n };
}

/** A port at which nobody listens: whether the office may. `text` says which one it is. */
export function examinePort(text: string, port: number, { first, privileged } = portRights()): Finding {
  if (port >= first || privileged) return ok(`${text}: free`);
  return warning(
    `${text}: free, but ports below ${first} are not for this user`,
    'give the office CAP_NET_BIND_SERVICE (AmbientCapabilities= in its systemd unit), if it does not have it there',
  );
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
