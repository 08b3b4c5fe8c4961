/** A collector in a process of its own, made to be killed: calls once, deletes what it has, and tells how it ended. */
import { join } from 'node:path';
import { connect } from '@restante/pop/client';
import { type CollectAccount, mailboxKey } from '../../collect/account.ts';
import { type DestinationServices, openDestination, parseDestination } from '../../collect/destinations/open.ts';
import { openJournal } from '../../collect/journal/open.ts';
import { lastingClock } from '../../collect/run/lasting-clock.ts';
import { collectAccount } from '../../collect/run.ts';
import { type Intake, StoreIntake } from '../../import/intake.ts';
import { openStore } from '../../store/store.ts';
import type { CollectOrder } from './order.ts';
import { visits } from './points.ts';
import { stoppedDestination, stoppedJournal } from './stopped.ts';

const order = JSON.parse(process.argv[2] ?? '') as CollectOrder;
const visit = visits(order.fault);

const account: CollectAccount = {
  name: order.user,
  server: {
    host: '127.0.0.1',
    port: order.port,
    secure: false,
    ignoreTLS: true,
    allowInsecureAuth: true,
    auth: { user: order.user, pass: 'any' },
  },
  policy: {
    afterwards: { type: 'delete' },
    firstRun: { type: 'all' },
    commitEvery: 20,
    large: 200_000,
    // A letter at which the process is killed is one that fails; here it is killed at each of them.
    attempts: 10_000,
  },
};

const services: DestinationServices = {
  spool: join(order.state, 'spool'),
  async openIntake(name): Promise<Intake> {
    const store = await openStore({ data: order.data ?? '', limits: { inline: 64 * 1024, segment: 256 * 1024 } });
    const intake = new StoreIntake(store, name);
    return {
      imported: (keys) => intake.imported(keys),
      givenUniqueIds: (uniqueIds) => intake.givenUniqueIds(uniqueIds),
      begin: (letter) => intake.begin(letter),
      close: () => store[Symbol.asyncDispose](),
    };
  },
  findRoute: async () => ({ result: 'unknown-user', accounts: [] }),
};

const spec = parseDestination(order.destination);
if (spec.type === 'wrong') throw new Error(JSON.stringify(spec));

let asked = '';
const logger = {
  debug(_: object, message: string) {
    const [, keyword] = /^C: ([A-Z]+)/.exec(message) ?? [];
    if (keyword !== undefined) {
      asked = keyword;
      visit(`C: ${keyword}`);
    } else if (asked === 'QUIT' && message.startsWith('S: +OK')) {
      visit('S: +OK after QUIT');
    }
  },
  warn() {},
};

const report = await collectAccount({
  account,
  clock: { ...lastingClock, now: () => lastingClock.now() + (order.ahead ?? 0) },
  openJournal: () => stoppedJournal(openJournal(order.state, mailboxKey(account)), visit),
  destination: {
    name: spec.name,
    open: async () => stoppedDestination(await openDestination(spec, services), visit),
  },
  connect: (options) => connect({ ...options, logger }),
});
process.send?.(report);
process.disconnect();
