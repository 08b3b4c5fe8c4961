/** A post office in a process of its own, made to be killed: the store, LMTP and POP3 on loopback, an operator's channel. */
import { createPop3Server } from '@restante/pop/server';
import { MailServer } from '../../delivery/mail-server.ts';
import { LMTP, type Protocol, SMTP } from '../../delivery/protocol.ts';
import { AccountRoutes } from '../../delivery/routes.ts';
import { openStore } from '../../store/store.ts';
import { storeCounter } from '../oracle/counter.ts';
import type { Notice, OfficeSettings, Order, Request, Result } from './orders.ts';

const HOST = '127.0.0.1';

const settings = JSON.parse(process.argv[2] ?? '') as OfficeSettings;
const store = await openStore(settings);
const by = { account: 'operator', session: 'operator', address: 'local' };

async function serve(request: Request): Promise<Result> {
  switch (request.type) {
    case 'undelete':
      return store.undelete(request.maildrop, { uniqueIds: request.uniqueIds, newUniqueIds: request.renamed }, by);
    case 'purge':
      return store.purge(request.before);
    case 'compact':
      return (await store.compact(0.3)).segments;
    case 'import':
      return storeCounter(store).import(request.from, request.to);
    case 'set-alias':
      await storeCounter(store).setAlias(request.alias);
      return 1;
    case 'add-account':
      await store.add({ name: request.name, addresses: [], passwordHash: '$none$' });
      return 1;
    case 'remove-account':
      await store.remove(request.name);
      return 1;
  }
}

function tell(notice: Notice): void {
  process.send?.(notice);
}

const pop3 = createPop3Server({
  authenticate: ({ authenticationIdentity }) => ({ type: 'accepted', account: authenticationIdentity }),
  openMaildrop: (name) => store.openMaildrop(name),
  hostname: 'office.example',
});
const routes = new AccountRoutes({ accounts: store, domains: ['localhost'] });
const mailServer = (protocol: Protocol) => new MailServer({ protocol, store, routes, hostname: 'office.example' });
const [smtp, lmtp] = [mailServer(SMTP), mailServer(LMTP)];

process.on('message', ({ id, request }: Order) => {
  serve(request).then(
    (result) => tell({ type: 'done', id, result }),
    (error: unknown) => tell({ type: 'failed', id, message: String(error) }),
  );
});
process.on('disconnect', () => process.exit());

const at = { host: HOST, port: 0 };
tell({
  type: 'open',
  smtp: portOf(await smtp.listen(at)),
  lmtp: portOf(await lmtp.listen(at)),
  pop3: portOf(await pop3.listen(at)),
});

function portOf(listening: object): number {
  if ('port' in listening && typeof listening.port === 'number') return listening.port;
  throw new Error('listens on no port');
}
