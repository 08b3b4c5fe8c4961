import { resolveSrv } from 'node:dns/promises';
import { Pop3Error } from './error.ts';
import { asciiName, isWithin } from './host-name.ts';
import type { Pop3ClientOptions } from './options.ts';
import { reason } from './transport.ts';

/** An SRV record, as `node:dns` gives it (RFC 2782). */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Who looks up SRV records: `node:dns/promises` is one. */
export interface SrvResolver {
  resolveSrv(name: string): Promise<readonly SrvRecord[]>;
}

/** A server that a domain names for its mail: spread it into the options of {@link connect}. TLS is never optional. */
export interface DiscoveredServer
  extends Required<Pick<Pop3ClientOptions, 'host' | 'port' | 'secure' | 'requireTLS' | 'domain'>> {
  /**
   * The host is none of the domain's, and DNS is easily forged: unless its certificate is the domain's, `connect` refuses it
   * until a person has said that this is the right host, and `hostConfirmed` says so (RFC 6186 §6).
   */
  readonly needsConfirmation: boolean;
}

/** What a domain says about calling for its mail. It is plain data, to be kept: ask again when it has failed (TLS-24). */
export interface Discovered {
  readonly domain: string;
  /** What to log in as: the address first, and then its local part; empty where only a domain was asked about (TLS-25). */
  readonly users: readonly string[];
  /** In the order in which to try them; none where the domain says nothing. */
  readonly servers: readonly DiscoveredServer[];
  /** Whether the domain says that its mail cannot be called for by POP3. */
  readonly denied: boolean;
}

/** By what {@link discover} finds its answer. */
export interface DiscoverOptions {
  readonly resolver?: SrvResolver;
  /** From 0 up to 1: by it the servers' weights are heeded. */
  readonly random?: () => number;
}

/** Records that are looked at, of one service. */
const MOST_RECORDS = 100;

/**
 * Where the mail of an address or a domain is called for, by its SRV records (RFC 6186). Servers with TLS from the first
 * octet come before those with STLS, whatever their priority (RFC 8314 §5.1), and none is called here. Rejects with a
 * {@link Pop3Error}: `ARGUMENT` for what is neither address nor domain, `NETWORK` when the question gets no answer.
 */
export async function discover(addressOrDomain: string, options: DiscoverOptions = {}): Promise<Discovered> {
  const { resolver = { resolveSrv }, random = Math.random } = options;
  const at = addressOrDomain.lastIndexOf('@');
  const domain = asciiName(addressOrDomain.slice(at + 1))?.replace(/\.$/, '');
  if (domain === undefined || at === 0) {
    throw new Pop3Error('ARGUMENT', 'there is a domain to ask about, or an address: ada@example.org');
  }
  const [implicit, stls] = await Promise.all([
    lookUp(resolver, `_pop3s._tcp.${domain}`),
    lookUp(resolver, `_pop3._tcp.${domain}`),
  ]);
  const found = [
    ...inOrder(implicit, random).map((record) => server(record, domain, true)),
    ...inOrder(stls, random).map((record) => server(record, domain, false)),
  ];
  const servers = found.filter((each) => each !== undefined);
  const users = at === -1 ? [] : [addressOrDomain, addressOrDomain.slice(0, at)];
  return { domain, users, servers, denied: servers.length === 0 && [...implicit, ...stls].some(isRoot) };
}

async function lookUp(resolver: SrvResolver, name: string): Promise<readonly SrvRecord[]> {
  try {
    return (await resolver.resolveSrv(name)).slice(0, MOST_RECORDS);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new Pop3Error('NETWORK', `nobody answers for ${name}: ${reason(error)}`, { cause: error });
  }
}

/** `.` for a target says that there is no such service (RFC 2782). */
function isRoot({ name }: SrvRecord): boolean {
  return name === '' || name === '.';
}

function server({ name, port }: SrvRecord, domain: string, secure: boolean): DiscoveredServer | undefined {
  const host = asciiName(name)?.replace(/\.$/, '');
  if (host === undefined || !(port >= 1 && port <= 65_535)) return undefined;
  return { host, port, secure, requireTLS: !secure, domain, needsConfirmation: !isWithin(domain, host) };
}

/** The lowest priority first; among those that share it each in turn, drawn by its weight (RFC 2782). */
function inOrder(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  const priorities = Map.groupBy(records, ({ priority }) => priority);
  return [...priorities].sort(([one], [other]) => one - other).flatMap(([, equal]) => drawn(equal, random));
}

function drawn(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  // Those without weight stand first, so that they have a chance at all, and a very small one.
  const left = [...records].sort((one, other) => Number(one.weight > 0) - Number(other.weight > 0));
  const order: SrvRecord[] = [];
  while (left.length > 0) {
    let mark = random() * left.reduce((sum, { weight }) => sum + weight, 0);
    const at = left.findIndex(({ weight }) => {
      mark -= weight;
      return mark <= 0;
    });
    order.push(...left.splice(Math.max(at, 0), 1));
  }
  return order;
}
