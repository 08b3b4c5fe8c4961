import type { SessionReport } from '@restante/pop/server';
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client';
import type { LoginReport } from '../accounts/authenticator.ts';
import type { GuessingFigures } from '../accounts/guessing.ts';
import type { DeliveryReport, DeliverySessionReport } from '../delivery/report.ts';
import type { DurableStore } from '../store/store.ts';
import { type AnyCommand, CommandTallies, LATENCIES, type LabelledCount } from './command-tallies.ts';
import { delays, watchEventLoop } from './event-loop.ts';
import { spreadMetric } from './spread-metric.ts';
import { StoreFigures } from './store-figures.ts';

/** What is looked at when somebody asks for the metrics. */
export interface MetricsOptions {
  readonly version: string;
  readonly data: string;
  readonly store: Pick<DurableStore, 'status' | 'pace' | 'quotaLevels' | 'quotaLevels' | 'writerDelay'>;
  /** Free disk below which no mail is taken, in octets. */
  readonly reserve: number;
  /** What keeps the office from being ready, if anything does. */
  readonly notReady: () => Promise<string | undefined>;
  /** When the certificate in use runs out, in milliseconds since 1970. */
  readonly certificateEnds: () => number;
}

/** Milliseconds as seconds, which is what Prometheus counts in. */
const SECOND = 1 / 1000;
const LATENCY_SECONDS = LATENCIES.map((milliseconds) => milliseconds * SECOND);

/**
 * What the office counts, in the words of Prometheus: the list of all there is. No label has more values than the code
 * has words for, so none of them tells of an account, an address or a peer; and none grows with what peers send.
 *
 * Sessions, logins and letters are told one by one; commands, of which there are many more, in plain numbers.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #commands = new CommandTallies();
  readonly #open = new Map<string, () => number>();

  readonly #sessions = this.#counter('sessions_total', 'Sessions that ended, by how they did', 'protocol', 'end');
  readonly #received = this.#counter(
    'received_bytes_total',
    'Octets from peers, counted when a session ends',
    'protocol',
  );
  readonly #sent = this.#counter('sent_bytes_total', 'Octets to peers, counted when a session ends', 'protocol');
  readonly #logins = this.#counter('logins_total', 'Logins decided, by what came of them', 'outcome');
  readonly #loginSeconds = this.#histogram('login_seconds', 'Time until a login was decided that was not remembered');
  readonly #retrieved = this.#counter('letters_retrieved_total', 'Letters sent whole, counted when a session ends');
  readonly #deleted = this.#counter('letters_deleted_total', 'Letters removed by QUIT');
  readonly #letters = this.#counter('letters_received_total', 'Letters taken for at least one recipient', 'protocol');
  readonly #letterOctets = this.#counter('letters_received_bytes_total', 'Octets of these letters', 'protocol');
  readonly #deliveries = this.#counter('deliveries_total', 'Letters by recipient, by outcome', 'protocol', 'outcome');
  readonly #refused = this.#counter('recipients_refused_total', 'Recipients refused at RCPT', 'protocol');
  readonly #deliverySeconds = this.#histogram('delivery_seconds', 'From the end of a letter to what became of it');

  constructor(options: MetricsOptions) {
    const { store } = options;
    const figures = new StoreFigures(store, options.data);
    const network = watchEventLoop();
    collectDefaultMetrics({ register: this.#registry });

    this.#gauge('build_info', 'The program, always 1', ['version', 'node'], () => [
      { labels: { version: options.version, node: process.versions.node }, value: 1 },
    ]);
    this.#single('ready', 'Whether mail is taken and handed over: 1, or 0', async () =>
      (await options.notReady()) === undefined ? 1 : 0,
    );
    this.#gauge('sessions_open', 'Connections that are open', ['protocol'], () =>
      [...this.#open].map(([protocol, count]) => ({ labels: { protocol }, value: count() })),
    );
    this.#registry.registerMetric(this.#commandCounter());
    this.#spread('command_seconds', 'From a command’s turn to its reply; what holds back a failed login is in it', () =>
      this.#commands.latencies(),
    );
    this.#spread('commit_seconds', 'How long a commit of letters took', () => [
      { labels: {}, reading: store.pace().milliseconds },
    ]);
    this.#registry.registerMetric(
      spreadMetric({
        name: `${PREFIX}commit_letters`,
        help: 'Letters of a commit',
        unit: 1,
        read: () => [{ labels: {}, reading: store.pace().letters }],
      }),
    );
    this.#single('accounts', 'Accounts', async () => (await figures.status()).accounts);
    this.#single('maildrop_letters', 'Letters in all mailboxes', async () => (await figures.status()).letters);
    this.#single('maildrop_bytes', 'Octets of these letters', async () => (await figures.status()).octets);
    this.#gauge(
      'maildrops_near_quota',
      'Mailboxes that have reached this level of quota.warn, in percent, and no higher one',
      ['level'],
      () => [...store.quotaLevels()].map(([level, value]) => ({ labels: { level: String(level) }, value })),
    );
    this.#single('store_segments', 'Files that letters are in', async () => (await figures.status()).segments);
    this.#gauge('store_bytes', 'Octets of these files: of letters, and of what is destroyed', ['state'], async () => {
      const { liveOctets, deadOctets } = await figures.status();
      return [
        { labels: { state: 'live' }, value: liveOctets },
        { labels: { state: 'dead' }, value: deadOctets },
      ];
    });
    this.#single('disk_free_bytes', 'Free disk at the data folder', () => figures.freeDisk());
    this.#single('disk_reserve_bytes', 'Free disk below which no mail is taken', () => options.reserve);
    this.#single('certificate_end_timestamp_seconds', 'When the certificate runs out', () =>
      Math.floor(options.certificateEnds() * SECOND),
    );
    this.#gauge(
      'event_loop_delay_seconds',
      'How late a thread’s event loop was since the last look at this',
      ['thread', 'percentile'],
      () => [...delays('network', network), ...(store.writerDelay ? delays('writer', store.writerDelay) : [])],
    );
  }

  /** The type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of it, as it is now. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Where to ask how many connections of a protocol are open. */
  countOpen(protocol: string, count: () => number): void {
    this.#open.set(protocol, count);
  }

  /** What is to be told of each command of this protocol. */
  commands(protocol: string): (command: AnyCommand) => void {
    return this.#commands.recorder(protocol);
  }

  /** Where to ask what guessing costs whom, in numbers. */
  watchGuessing(figures: () => GuessingFigures): void {
    this.#gauge('guessing_delayed', 'What has so many wrong passwords that its logins are delayed', ['of'], () => {
      const { addresses, networks, accounts } = figures();
      return Object.entries({ address: addresses, network: networks, account: accounts }).map(([of, value]) => ({
        labels: { of },
        value,
      }));
    });
    this.#single('logins_waiting', 'Logins that are delayed since passwords were guessed', () => figures().waiting);
  }

  login({ outcome, milliseconds }: LoginReport): void {
    this.#logins.inc({ outcome });
    if (outcome !== 'cached') this.#loginSeconds.observe(milliseconds * SECOND);
  }

  pop3Session(report: SessionReport): void {
    this.#session(report);
    this.#retrieved.inc(report.retrieved);
    this.#deleted.inc(report.deleted);
  }

  deliverySession(report: DeliverySessionReport): void {
    this.#session(report);
    this.#refused.inc({ protocol: report.protocol }, report.refusedRecipients);
  }

  delivery(protocol: string, { recipients, octets }: DeliveryReport): void {
    let placed = false;
    for (const { outcome } of recipients) {
      placed ||= outcome.type === 'placed';
      this.#deliveries.inc({ protocol, outcome: outcome.type === 'placed' ? 'placed' : outcome.why });
    }
    if (!placed) return;
    this.#letters.inc({ protocol });
    this.#letterOctets.inc({ protocol }, octets);
  }

  commit(milliseconds: number): void {
    this.#deliverySeconds.observe(milliseconds * SECOND);
  }

  #session({ protocol, end, octetsIn, octetsOut }: SessionReport | DeliverySessionReport): void {
    this.#sessions.inc({ protocol, end });
    this.#received.inc({ protocol }, octetsIn);
    this.#sent.inc({ protocol }, octetsOut);
  }

  #counter<L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name: PREFIX + name, help, buckets: LATENCY_SECONDS, registers: [this.#registry] });
  }

  #commandCounter(): Metric {
    const commands = this.#commands;
    return new Counter({
      name: `${PREFIX}commands_total`,
      help: 'Commands, by their reply',
      labelNames: ['protocol', 'command', 'outcome'],
      registers: [],
      collect() {
        this.reset();
        for (const { labels, value } of commands.counts()) this.inc(labels, value);
      },
    });
  }

  #spread(name: string, help: string, read: Parameters<typeof spreadMetric>[0]['read']): void {
    this.#registry.registerMetric(spreadMetric({ name: PREFIX + name, help, unit: SECOND, read }));
  }

  #single(name: string, help: string, value: () => number | Promise<number>): void {
    this.#gauge(name, help, [], async () => [{ labels: {}, value: await value() }]);
  }

  /** A number that is looked at when it is asked for. One that cannot be told is left out, and the others stand. */
  #gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    values: () => Iterable<LabelledCount> | Promise<Iterable<LabelledCount>>,
  ): void {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      async collect() {
        this.reset();
        try {
          for (const { labels, value } of await values()) this.set(labels, value);
        } catch {
          // Without labels a number that was reset is 0, which would be a lie.
          if (labelNames.length === 0) this.remove();
        }
      },
    });
  }
}

const PREFIX = 'restante_';
