import { once } from 'node:events';
import { duplexPair } from '@restante/pop/testing';
import { MailServer, type MailServerOptions } from '../delivery/mail-server.ts';
import { LMTP } from '../delivery/protocol.ts';
import type { DeliveryReport, DeliverySessionReport } from '../delivery/report.ts';
import { AccountRoutes } from '../delivery/routes.ts';
import { TrialAccounts } from './trial-accounts.ts';
import { TrialStore } from './trial-store.ts';

/** A server with two accounts, `pat` and `green`, and all that it reported. */
export interface Office {
  readonly server: MailServer;
  readonly store: TrialStore;
  readonly accounts: TrialAccounts;
  readonly deliveries: DeliveryReport[];
  readonly sessions: DeliverySessionReport[];
}

export function office(options: Partial<MailServerOptions> = {}): Office {
  const store = new TrialStore();
  const accounts = new TrialAccounts();
  for (const name of ['pat', 'green']) {
    store.addMaildrop(name);
    accounts.put(name);
  }
  const deliveries: DeliveryReport[] = [];
  const sessions: DeliverySessionReport[] = [];
  const server = new MailServer({
    protocol: LMTP,
    store,
    routes: new AccountRoutes({ accounts, domains: ['localhost'] }),
    hostname: 'store.example',
    onDelivery: (report) => deliveries.push(report),
    onSession: (report) => sessions.push(report),
    ...options,
  });
  return { server, store, accounts, deliveries, sessions };
}

export const PEER = { address: '192.0.2.7', localAddress: '192.0.2.1', loopback: false };

/** Sends these octets, in these pieces, and answers all that came back until the server closed. */
export async function talk({ server }: Office, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const [client, end] = duplexPair();
  server.accept(end, PEER);
  let said = '';
  client.on('data', (octets: Buffer) => {
    said += octets.toString('latin1');
  });
  for (const piece of pieces) client.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  client.end();
  await once(client, 'close');
  return said;
}

/** All that comes before a letter for pat. */
export const BEGIN = 'LHLO mx.example\r\nMAIL FROM:<chris@example.org>\r\nRCPT TO:<pat>\r\nDATA\r\n';
/** The codes of the replies, one for each. */
export const codes = (said: string) => said.match(/^\d{3} (?:\d\.\d\.\d)?/gm)?.map((code) => code.trim()) ?? [];
