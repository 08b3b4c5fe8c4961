import { isLoopback, parseNetwork } from '@restante/pop/server';
import type { Account } from '../accounts/account.ts';
import { formatListen } from '../config/listen-address.ts';
import type { Settings } from '../config/settings.ts';
import type { Certificate } from '../tls/certificate.ts';
import type { OpenDoor } from './listening.ts';

const DAY = 86_400_000;
/** Time enough to have a certificate renewed. */
const SOON = 30 * DAY;

export interface Circumstances {
  readonly settings: Settings;
  readonly certificates: readonly Pick<Certificate, 'files' | 'validUntil' | 'keyIsOpen' | 'ours'>[];
  readonly doors: readonly OpenDoor[];
  /** The account that `postmaster` names, if it is there. */
  readonly postmaster: Account | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What an operator should know when the office opens: nothing that keeps it closed, but nothing to be left as it is. */
export function* warnings({ settings, certificates, doors, postmaster, now }: Circumstances): Generator<string> {
  for (const { files, validUntil, keyIsOpen, ours } of certificates) {
    if (validUntil < now + SOON) {
      const day = new Date(validUntil).toISOString().slice(0, 10);
      const remedy = ours ? 'a new one is made a week before that, to be given to whoever trusts it' : 'renew it';
      yield `the certificate ${files.cert} ${validUntil < now ? 'ran' : 'runs'} out on ${day}: ${remedy}`;
    }
    if (keyIsOpen) yield `everybody on this machine can read the key ${files.key}: chmod o= ${files.key}`;
  }
  for (const { door, address } of doors) {
    if (door === 'lmtp' && address.type === 'tcp' && !isLoopback(address.host) && address.host !== 'localhost') {
      yield `whoever reaches ${formatListen(address)} can deliver mail without being asked who they are`;
    }
  }
  if (settings.postmaster !== undefined && postmaster === undefined) {
    yield `postmaster: there is no account ${settings.postmaster}, so mail for postmaster has to wait: make it`;
  }
  yield* proxyWarnings(settings, doors);
  if (settings.cleartext === 'always') {
    yield 'cleartext = "always": passwords of whoever calls without TLS can be read on their way';
  }
}

/** A network this large is not a handful of proxies. */
const MOST_BITS_FREE = 16;

function* proxyWarnings(settings: Settings, doors: readonly OpenDoor[]): Generator<string> {
  const { 'proxy.trusted': trusted, 'proxy.listeners': listeners } = settings;
  for (const entry of trusted) {
    const network = parseNetwork(entry);
    if (network === undefined) continue;
    const free = (network.family === 'ipv4' ? 32 : 128) - network.bits;
    if (free > MOST_BITS_FREE && !isLoopback(network.address)) {
      yield `proxy.trusted: everybody in ${entry} may say that he is anybody: name the proxies alone`;
    }
  }
  const here = trusted.filter((entry) => isLoopback(parseNetwork(entry)?.address ?? ''));
  const byLmtp = doors.find(
    ({ door, address }) => door === 'lmtp' && address.type === 'tcp' && isLoopback(address.host),
  );
  if (here.length > 0 && byLmtp !== undefined && listeners.includes('lmtp')) {
    const without = listeners.filter((each) => each !== 'lmtp').map((each) => JSON.stringify(each));
    yield `proxy.trusted has this machine (${here.join(', ')}), so that a mail server here which delivers to ${formatListen(byLmtp.address)} has to send a PROXY header: unless it does, proxy.listeners = [${without.join(', ')}]`;
  }
}
