import { setTimeout as wait } from 'node:timers/promises';
import { createPop3Server, type Peer, type Pop3Server, type ProxyOptions } from '@restante/pop/server';
import { Authenticator } from '../accounts/authenticator.ts';
import { Devices } from '../accounts/devices.ts';
import { Guessing, type GuessingLimits } from '../accounts/guessing.ts';
import { LoginCache } from '../accounts/login-cache.ts';
import { Networks } from '../accounts/network.ts';
import { PasswordChecks } from '../accounts/passwords.ts';
import { formatListen } from '../config/listen-address.ts';
import type { Settings } from '../config/settings.ts';
import { connectOffice } from '../control/client.ts';
import { ControlServer } from '../control/server.ts';
import { MailServer, type MailServerOptions } from '../delivery/mail-server.ts';
import { LMTP, type Protocol, SMTP } from '../delivery/protocol.ts';
import type { AccountRoutes } from '../delivery/routes.ts';
import { Failure } from '../failure.ts';
import { StoreLetterDesk } from '../import/letter-desk.ts';
import { logDelivery, logDeliverySession } from '../observe/delivery-line.ts';
import type { Log } from '../observe/log.ts';
import { logLogin } from '../observe/login-line.ts';
import type { Metrics } from '../observe/metrics.ts';
import { logSession } from '../observe/session-line.ts';
import { timed } from '../observe/timed-store.ts';
import { deviceKey } from '../office/device-key.ts';
import { Notices } from '../office/notices/notices.ts';
import { allSessions, LocalOffice, type SessionCounts } from '../office/office.ts';
import { type OpenDataOptions, openData, retentionSettings } from '../office/open-store.ts';
import { policyDefaults } from '../office/policy-defaults.ts';
import { DataInUse } from '../store/lock.ts';
import type { DurableStore } from '../store/store.ts';
import type { Certificate } from '../tls/certificate.ts';
import type { Certificates } from '../tls/certificates.ts';
import { accountRoutes } from './account-routes.ts';
import { openCertificates } from './certificates.ts';
import { accountFinder, loginNames } from './find-account.ts';
import { type Made, makeFirstAccount } from './first-start.ts';
import { groupId } from './group-id.ts';
import { type Listen, type OpenDoor, openDoor } from './listening.ts';
import { keepInOrder } from './maintenance.ts';
import { Monitoring } from './monitoring.ts';
import { QuotaWarnings } from './quota-warnings.ts';
import { loginDelaySeconds, Reception } from './reception.ts';
import { domainOfNotices, hostName, servedDomains } from './served-domains.ts';
import { SessionsAtOnce } from './sessions-at-once.ts';
import { shadowedNames } from './shadowed-names.ts';
import { AccountTerms } from './terms.ts';
import { warnings } from './warnings.ts';

export interface PostOfficeOptions {
  readonly data: string;
  readonly settings: Settings;
  readonly log: Log;
  /** Whether there is a terminal to show a first password on. */
  readonly terminal: boolean;
  /** Told when the store can take no more: the process had better end, and be started anew. */
  readonly onStopped: () => void;
}

/** The office, open: the store, and everything by which the outside speaks to it. */
export interface PostOffice {
  readonly doors: readonly OpenDoor[];
  /** That of clients which ask for no name, as it was when the office opened. */
  readonly certificate: Certificate;
  /** What the first start made; absent on any other. */
  readonly made: Made | undefined;
  /** Resolves when the store's writer has answered, which shows that it works; rejects when it has stopped. */
  works(): Promise<unknown>;
  /** How it is, in a few words. */
  status(): string;
  /** Reads the certificates anew (SIGHUP); what became of it is in the log. */
  reread(): Promise<void>;
  /** Ends gently: idle sessions at once, replies and deliveries under way when they are done. */
  close(): Promise<void>;
}

/** How long sessions have to finish their reply, and verbs of the command line their work, when the office closes. */
const CLOSING = 8_000;

/** How often it is written down when devices were used last. */
const DEVICE_USES = 60_000;

/** Opens everything, or nothing: what was opened before something failed is closed again. */
export async function openPostOffice(options: PostOfficeOptions): Promise<PostOffice> {
  await using closers = new AsyncDisposableStack();
  const { data, settings, log } = options;
  const hostname = hostName(settings);

  let warn: ((due: Parameters<QuotaWarnings['filled']>[0]) => void) | undefined;
  const store = await openAlone(options, (due) => warn?.(due));
  closers.defer(() => store.close());
  await store.announceRetention();
  const inForce = await openCertificates({ data, settings, hostname, log });
  closers.defer(() => inForce.close());
  const { certificates } = inForce;

  let opened = false;
  const made = await makeFirstAccount({ data, store, hostname, terminal: options.terminal });
  closers.defer(async () => {
    if (!opened) await made?.undo();
  });

  const certificateEnds = () => certificates.firstEnd;
  const notices = new Notices({
    store,
    hostname,
    domain: domainOfNotices(settings),
    onError: (err, account) => log.error({ err, account }, 'a letter of the office could not be placed'),
  });
  closers.defer(() => notices.settled());
  const quotaWarnings = new QuotaWarnings({ store, notices, settings });
  warn = (due) => quotaWarnings.filled(due);

  const monitoring = await Monitoring.begin({ data, settings, log, store, certificateEnds });
  const { metrics, readiness } = monitoring;
  closers.defer(() => monitoring.close());

  const devices = new Devices(store, await deviceKey(data));
  closers.defer(() =>
    devices.write().catch((err: unknown) => log.warn({ err }, 'the last use of devices is not kept')),
  );

  // All at once, so that idle sessions do not wait for anything else; the store behind all of them.
  const ends: (() => Promise<void>)[] = [];
  closers.defer(async () => {
    readiness.closing();
    await Promise.all(ends.map((end) => within(CLOSING, end())));
  });

  const { 'lmtp.socket_group': group } = settings;
  const socketGroup = group === undefined ? undefined : await groupId(group);
  const routes = accountRoutes(settings, store);
  const guessing = new Guessing({ limits: guessingLimits(settings) });
  metrics?.watchGuessing(() => guessing.figures());
  const { pop3, smtp, lmtp } = servers(
    options,
    store,
    routes,
    guessing,
    devices,
    certificates,
    hostname,
    socketGroup,
    metrics,
  );
  metrics?.countOpen('pop3', () => pop3.sessions);
  metrics?.countOpen('smtp', () => smtp.connections);
  metrics?.countOpen('lmtp', () => lmtp.connections);
  ends.push(() => pop3.close({ deadline: CLOSING }));
  ends.push(() => smtp.close({ deadline: CLOSING }));
  ends.push(() => lmtp.close({ deadline: CLOSING }));
  const doors: OpenDoor[] = [];
  const ways = {
    pop3: (at, proxied) => pop3.listen(at, { proxied }),
    pop3s: (at, proxied) => pop3.listen(at, { secure: true, proxied }),
    smtp: (at, proxied) => smtp.listen(at, { proxied }),
    lmtp: (at, proxied) => lmtp.listen(at, { proxied }),
  } satisfies Record<string, (at: Parameters<Listen>[0], proxied: boolean) => ReturnType<Listen>>;
  for (const door of ['pop3', 'pop3s', 'smtp', 'lmtp'] as const) {
    const proxied = settings['proxy.listeners'].includes(door);
    for (const address of settings[`listen.${door}`]) {
      doors.push(await openDoor(door, address, (at) => ways[door](at, proxied)));
    }
  }
  for (const address of settings['listen.metrics']) {
    doors.push(await openDoor('metrics', address, (at) => monitoring.listen(at)));
  }

  const { postmaster } = settings;
  const circumstances = { settings, certificates: certificates.all, doors, now: Date.now() };
  const named = postmaster === undefined ? undefined : store.byName(postmaster);
  for (const warning of warnings({ ...circumstances, postmaster: named })) log.warn(warning);

  const sessions = (): SessionCounts => ({
    pop3: pop3.sessions,
    smtp: smtp.connections,
    lmtp: lmtp.connections,
  });
  const office = new LocalOffice({
    data,
    store,
    routes,
    domains: servedDomains(settings),
    policy: policyDefaults(settings),
    sessions,
    guessing: () => guessing.figures(),
    listening: doors.map(({ door, address }) => ({ door, address: formatListen(address) })),
  });
  const control = await ControlServer.open({
    data,
    office,
    letters: new StoreLetterDesk(store),
    onError: (err) => log.error({ err }, 'a command of the command line failed'),
  });
  ends.push(() => control.close());
  await tellShadowedNames(store, settings, log);
  quotaWarnings.makeUp();
  const maintain = () => {
    quotaWarnings.makeUp();
    return store.maintain();
  };
  const maintenance = keepInOrder({ maintain }, log);
  const writing = setInterval(() => void devices.write().catch(() => {}), DEVICE_USES).unref();
  ends.push(async () => clearInterval(writing));
  ends.push(() => maintenance.stop());

  await made?.keep();
  opened = true;
  readiness.open();
  const kept = closers.move();
  return {
    doors,
    certificate: certificates.first,
    made,
    works: () => store.isWritable(),
    status: () => {
      const open = allSessions(sessions());
      return `open, ${open} session${open === 1 ? '' : 's'}`;
    },
    reread: inForce.reread,
    close: () => kept.disposeAsync(),
  };
}

/** What cannot be read now is no reason to stay closed: whoever needs it will be told. */
async function tellShadowedNames(store: DurableStore, settings: Settings, log: Log): Promise<void> {
  try {
    for await (const warning of shadowedNames(store, servedDomains(settings))) log.warn(warning);
  } catch (err) {
    log.warn({ err }, 'addresses could not be looked over');
  }
}

/** Waits for it, but no longer than this: what is left then is cut off, and no letter with it. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const end = () => timer.abort();
  const late = wait(milliseconds, undefined, { signal: timer.signal, ref: false }).catch(() => {});
  await Promise.race([work.finally(end), late]);
}

/** How long another may be leaving the data folder: a verb of the command line, or an office that is closing. */
const PATIENCE = 15_000;

async function openAlone(
  { data, settings, log, onStopped }: PostOfficeOptions,
  onFilled: NonNullable<OpenDataOptions['onFilled']>,
): Promise<DurableStore> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await openData({
        data,
        settings,
        onFilled,
        onStopped: (err) => {
          log.fatal({ err }, 'the store has stopped');
          onStopped();
        },
        onUnrecorded: (err) => log.error({ err }, 'what a session did is not in the ledger'),
      });
    } catch (thrown) {
      if (!(thrown instanceof DataInUse)) throw thrown;
      if (Date.now() > until || (await isOpen(data))) throw new Failure(thrown.message);
      await wait(50);
    }
  }
}

/** Whether an office is open there, which will not go away by waiting. */
async function isOpen(data: string): Promise<boolean> {
  const office = await connectOffice(data);
  await office?.close();
  return office !== undefined;
}

function servers(
  { settings, log }: PostOfficeOptions,
  store: DurableStore,
  routes: AccountRoutes,
  guessing: Guessing,
  devices: Devices,
  certificates: Certificates,
  hostname: string,
  socketGroup: number | undefined,
  metrics: Metrics | undefined,
): { pop3: Pop3Server; smtp: MailServer; lmtp: MailServer } {
  const exempt = new Networks(settings['guessing.exempt']);
  const authenticator = new Authenticator({
    findAccount: accountFinder(store, routes),
    passwords: new PasswordChecks({ waiting: settings['limits.login_queue'] }),
    cache: new LoginCache(),
    guessing,
    devices,
    nameOf: loginNames(servedDomains(settings)),
    isExempt: (peer) => (peer.loopback && settings['limits.loopback_exempt']) || exempt.has(peer.address),
    onFailure: (err) => log.error({ err }, 'a login could not be decided'),
    onLogin: (report) => {
      logLogin(log, report);
      metrics?.login(report);
    },
  });
  const sessions = new SessionsAtOnce(
    (account) => store.byName(account)?.policy.sessions ?? settings['limits.sessions_per_account'],
  );
  const reception = new Reception(store, settings);
  const retention = retentionSettings(settings);
  const terms = new AccountTerms({ store, retention, loginDelay: loginDelaySeconds(settings) });
  const pop3 = createPop3Server({
    authenticate: (login, peer) => authenticator.authenticate(login, peer),
    openMaildrop: (account, visit) => {
      devices.used(account, visit);
      return sessions.open(account, visit.session, () => reception.open(account, visit));
    },
    terms: (account) => terms.of(account),
    hostname,
    tls: certificates.source,
    cleartext: cleartextRule(settings.cleartext),
    limits: {
      connections: settings['limits.sessions'],
      connectionsPerAddress: settings['limits.sessions_per_address'],
      unauthenticated: settings['limits.unauthenticated'],
      failedLogins: settings['limits.failed_logins'],
      failureDelay: settings['limits.login_failure_delay'],
      idle: settings['limits.idle'],
    },
    loopbackExempt: settings['limits.loopback_exempt'],
    proxy: proxyOptions(settings, log, 'POP3'),
    onSession: (report) => {
      sessions.ended(report.session);
      logSession(log, report);
      metrics?.pop3Session(report);
    },
    ...(metrics && { onCommand: metrics.commands('pop3') }),
  });
  type Own = 'socketMode' | 'socketGroup' | 'limits' | 'loopbackExempt';
  const mailServer = (protocol: Protocol, more: Pick<MailServerOptions, Own>) => {
    const label = protocol.label;
    return new MailServer({
      ...more,
      protocol,
      store: metrics === undefined ? store : timed(store, (milliseconds) => metrics.commit(milliseconds)),
      routes,
      hostname,
      tls: certificates.source,
      proxy: proxyOptions(settings, log, label.toUpperCase()),
      bareLineEnds: settings['smtp.bare_newlines'],
      overQuota: settings['quota.over'],
      limits: { letter: settings['limits.letter_size'], recipients: settings['limits.recipients'], ...more.limits },
      onDelivery: (report) => {
        logDelivery(log, report);
        metrics?.delivery(label, report);
      },
      onSession: (report) => {
        logDeliverySession(log, report);
        metrics?.deliverySession(report);
      },
      ...(metrics && { onCommand: metrics.commands(label) }),
    });
  };
  const smtp = mailServer(SMTP, {
    limits: {
      connections: settings['smtp.connections'],
      connectionsPerAddress: settings['smtp.connections_per_address'],
    },
    loopbackExempt: settings['limits.loopback_exempt'],
  });
  const lmtp = mailServer(LMTP, {
    limits: { connections: settings['lmtp.connections'] },
    socketMode: settings['lmtp.socket_mode'],
    ...(socketGroup !== undefined && { socketGroup }),
  });
  return { pop3, smtp, lmtp };
}

function guessingLimits(settings: Settings): GuessingLimits {
  return {
    address: settings['guessing.address'],
    network: settings['guessing.network'],
    account: settings['guessing.account'],
    delay: settings['guessing.delay'],
    halfLife: settings['guessing.half_life'],
    // Each holds a connection; the other half is for those who are not delayed.
    waiting: Math.ceil(settings['limits.unauthenticated'] / 2),
  };
}

function proxyOptions(settings: Settings, log: Log, protocol: string): ProxyOptions {
  return {
    trusted: settings['proxy.trusted'],
    onRefused: ({ address }, reason) => log.warn({ proxy: address, reason }, `${protocol} connection refused`),
  };
}

/** Who may log in without TLS (AUTH-22, TLS-09). */
function cleartextRule(rule: Settings['cleartext']): (peer: Peer) => boolean {
  switch (rule) {
    case 'never':
      return () => false;
    case 'loopback':
      return (peer) => peer.loopback;
    case 'always':
      return () => true;
  }
}
