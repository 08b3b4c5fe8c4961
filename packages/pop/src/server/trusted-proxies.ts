import { BlockList, isIP } from 'node:net';
import type { Peer } from './peer.ts';

/** The proxies whose word is taken for who calls, and what becomes of one that does not introduce its caller. */
export interface ProxyOptions {
  /**
   * Their addresses and networks (`192.0.2.1`, `2001:db8::/32`), and `unix` for whoever comes by a unix socket. A
   * connection from there has to begin with a header of HAProxy's PROXY protocol, version 1 or 2, and is refused without;
   * from anywhere else no header is looked for. `createPop3Server` throws a TypeError that names an entry which is neither.
   */
  readonly trusted: readonly string[];
  /** How long the header may take to come, in milliseconds; default 10,000. */
  readonly patience?: number;
  /** Told of a connection that was ended for want of a header. `reason` is for the operator. */
  readonly onRefused?: (proxy: Peer, reason: string) => void;
}

/** Which peers are proxies. */
export class TrustedProxies {
  readonly #networks = new BlockList();
  #unix = false;

  /** Throws a TypeError that names an entry which is no address, network, or `unix`. */
  constructor(trusted: readonly string[]) {
    for (const entry of trusted) {
      const network = entry === UNIX ? UNIX : parseNetwork(entry);
      if (network === undefined) {
        throw new TypeError(`proxy.trusted: ${JSON.stringify(entry)} is no address, no network and not "${UNIX}"`);
      }
      if (network === UNIX) this.#unix = true;
      else this.#networks.addSubnet(network.address, network.bits, network.family);
    }
  }

  has(peer: Peer): boolean {
    const [address = ''] = peer.address.split('%'); // of a link-local address, the zone
    const version = isIP(address);
    if (version === 0) return this.#unix && address === 'local';
    return this.#networks.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }
}

const UNIX = 'unix';

/** An address, or a network in CIDR's notation (RFC 4632 §3.1): an address is the network of itself. */
export interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** `undefined` for what is neither. Bits of the address behind the network's are let pass. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', bits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const all = version === 4 ? 32 : 128;
  const given = bits === undefined ? all : Number(bits);
  return given > all ? undefined : { address, bits: given, family: version === 4 ? 'ipv4' : 'ipv6' };
}
