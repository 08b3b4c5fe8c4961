import { BlockList, isIP } from 'node:net';
import { parseNetwork } from '@restante/pop/server';

const FAMILY = { 4: 'ipv4', 6: 'ipv6' } as const;

/** Whether it is an address or a network: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined;
}

/** Addresses and networks, to look an address up in. An IPv4 address that is mapped into IPv6 is as itself (RFC 4291 §2.5.5.2). */
export class Networks {
  readonly #list = new BlockList();

  /** Throws a RangeError for what {@link isNetwork} refuses. */
  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const network = parseNetwork(text);
      if (network === undefined) throw new RangeError(`${text} is no network`);
      this.#list.addSubnet(network.address, network.bits, network.family);
    }
  }

  /** What is no address (`local`, of a unix socket) is in no network. */
  has(address: string): boolean {
    const [plain = ''] = address.split('%');
    const version = isIP(plain);
    return (version === 4 || version === 6) && this.#list.check(plain, FAMILY[version]);
  }
}
