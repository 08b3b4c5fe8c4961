import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import type { Maildrop, MaybePromise } from '../../maildrop/maildrop.ts';
import { login, plain } from '../../sasl/index.ts';
import type { PasswordLogin, Verdict } from '../../sasl/mechanism.ts';
import {
  createPop3Server,
  ExclusiveMaildrops,
  LoginDelays,
  type Peer,
  type Pop3Server,
  type Visit,
} from '../../server/index.ts';
import { canonical } from '../../wire/canonical.ts';
import { type Certificate, selfSignedCertificate } from '../certificate.ts';
import { type Fault, FaultyMaildrop, failure, inALaterTurn, type MaildropFaults } from '../faulty-maildrop.ts';
import type { ManualClock } from '../manual-clock.ts';
import type { StoreUnderTest } from '../store-conformance.ts';
import type { Situation, Subject } from '../transcript/subject.ts';
import { directive, type Transcript } from '../transcript/transcript.ts';
import { accounts, maildrops, options, pop3Directives, termsOf, tlsOnly } from './directives.ts';
import { askingMechanism, echo } from './extras.ts';
import { hugeMaildrop } from './fixtures.ts';

/** What stands behind the server that transcripts are played to. */
export interface Pop3SubjectOptions {
  /** A fresh store for each run. */
  readonly openStore: () => MaybePromise<Pick<StoreUnderTest, 'store' | 'addMaildrop' | 'close'>>;
  /** Whether passwords and maildrops are answered by promises, in later turns; otherwise at once where they can be. */
  readonly later?: boolean;
}

/** This package's POP3 server as what transcripts are played to, over any store. */
export function pop3Subject({ openStore, later = false }: Pop3SubjectOptions): Subject {
  return {
    directives: pop3Directives,
    words: ['DELIVER', 'FAULT', 'ASKED', 'WAITING', 'SHUTDOWN'],
    prelude(state, transcript) {
      const greeting = 'S: +OK {text}';
      if (state === 'AUTHORIZATION') return greeting;
      if (state !== 'TRANSACTION') throw new SyntaxError(`${transcript.file}: there is no state ${state}`);
      const [[name, password] = ['', '']] = accounts(transcript);
      return [greeting, `C: USER ${name}`, 'S: +OK {text}', `C: PASS ${password}`, 'S: +OK {text}'].join('\n');
    },
    async prepare(transcript, clock) {
      const kept = await openStore();
      const office = new Office(transcript, clock, kept, later);
      await office.fill();
      return office;
    },
  };
}

let certificate: Certificate | undefined;

class Office implements Situation {
  readonly certificate: string;
  readonly #transcript: Transcript;
  readonly #clock: ManualClock;
  readonly #kept: Pick<StoreUnderTest, 'store' | 'addMaildrop' | 'close'>;
  readonly #accounts: ReadonlyMap<string, string>;
  readonly #tlsOnly: readonly string[];
  readonly #faults: MaildropFaults;
  #openFault: Fault | undefined;
  #authenticateFault: string | undefined;
  #asked = 0;
  readonly #opened = new Set<FaultyMaildrop>();
  #server: Pop3Server;
  #ports = new Map<boolean, Promise<number>>();
  readonly #closings: Promise<void>[] = [];
  #over = 0;
  #wake = () => {};
  /** Logins that wait for a maildrop which another session has. */
  #waiting = 0;
  #someWait = () => {};
  readonly #delays: LoginDelays;
  readonly #maildrops: ExclusiveMaildrops;
  readonly #exclusive: boolean;

  constructor(
    transcript: Transcript,
    clock: ManualClock,
    kept: Pick<StoreUnderTest, 'store' | 'addMaildrop' | 'close'>,
    later: boolean,
  ) {
    certificate ??= selfSignedCertificate();
    this.certificate = certificate.cert;
    this.#transcript = transcript;
    this.#clock = clock;
    this.#kept = kept;
    this.#accounts = accounts(transcript);
    this.#tlsOnly = tlsOnly(transcript);
    this.#faults = { later };
    this.#delays = new LoginDelays(() => clock.monotonic());
    this.#maildrops = new ExclusiveMaildrops({ clock, patience: 2_000 });
    this.#exclusive = transcript.directives.some(({ name, argument }) => name === 'option' && argument === 'exclusive');
    this.#server = this.#serve();
  }

  /** Puts the letters in that are there at the start. */
  async fill(): Promise<void> {
    for (const name of this.#accounts.keys()) await this.#kept.addMaildrop(name);
    for (const [name, letters] of maildrops(this.#transcript)) {
      for (const letter of letters === 'huge' ? [] : letters) await this.#deliver(name, letter);
    }
  }

  connect(socket: Duplex, peer: Peer, how: { readonly secure: boolean }): void {
    this.#server.accept(socket, peer, how);
  }

  listen(how: { readonly secure: boolean }): Promise<number> {
    const port = this.#ports.get(how.secure) ?? this.#listen(how);
    this.#ports.set(how.secure, port);
    return port;
  }

  async perform(word: string, rest: string, octets: Buffer | undefined): Promise<void> {
    switch (word) {
      case 'DELIVER': {
        const [first = ''] = this.#accounts.keys();
        return this.#deliver(rest || first, octets ?? Buffer.alloc(0));
      }
      case 'FAULT':
        return this.#fault(rest);
      case 'ASKED':
        return assert.equal(this.#asked, Number(rest), 'how often a password was looked at');
      case 'WAITING':
        return new Promise((resolve) => {
          this.#someWait = () => {
            if (this.#waiting === Number(rest)) resolve();
          };
          this.#someWait();
        });
      case 'SHUTDOWN':
        this.#closings.push(this.#server.close());
        this.#server = this.#serve();
        this.#ports = new Map();
    }
  }

  ended(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        if (this.#over >= count) resolve();
      };
      this.#wake();
    });
  }

  async close(): Promise<void> {
    this.#closings.push(this.#server.close({ deadline: 1 }));
    await this.#clock.advance(20_000);
    await Promise.all(this.#closings);
    await this.#kept.close();
    const held = [...this.#opened].filter(({ open }) => open).length;
    assert.equal(held, 0, 'maildrops that sessions did not let go of');
  }

  #serve(): Pop3Server {
    const chosen = options(this.#transcript);
    const wants = (name: string) => directive(this.#transcript, name) !== undefined;
    const shown = directive(this.#transcript, 'tls') !== 'none' ? certificate : undefined;
    return createPop3Server({
      ...chosen,
      // Asked for by a handshake only: most runs have none, and a context takes its time to make.
      ...(shown !== undefined && { tls: () => shown }),
      ...(wants('mechanism') && { mechanisms: [plain, login, askingMechanism((name) => this.#accounts.has(name))] }),
      ...(wants('command') && { commands: [echo] }),
      clock: this.#clock,
      authenticate: (request, peer) => this.#maybeLater(() => this.#authenticate(request, peer)),
      openMaildrop: (account, visit) => this.#maybeLater(() => this.#admit(account, visit)),
      onSession: () => {
        this.#over += 1;
        this.#wake();
      },
    });
  }

  #maybeLater<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    return this.#faults.later ? inALaterTurn(call) : call();
  }

  async #listen(how: { readonly secure: boolean }): Promise<number> {
    const at = await this.#server.listen({ host: '127.0.0.1', port: 0 }, how);
    assert.ok('port' in at);
    return at.port;
  }

  #authenticate(request: PasswordLogin, peer: Peer): Verdict {
    this.#asked += 1;
    if (this.#authenticateFault === 'unavailable') return { type: 'unavailable' };
    if (this.#authenticateFault !== undefined) throw new TypeError('the passwords cannot be looked up');
    const { authenticationIdentity: name, authorizationIdentity: account = name } = request;
    const password = Buffer.from(request.password.reveal()).toString('latin1');
    const allowed = this.#accounts.get(name) === password && (account === name || name === 'admin');
    const secure = peer.tls !== undefined || !this.#tlsOnly.includes(name);
    return allowed && secure ? { type: 'accepted', account } : { type: 'refused' };
  }

  /** As a server does whose accounts have a delay, or whose maildrops are for one session at a time. */
  #admit(account: string, visit: Visit): MaybePromise<Maildrop> {
    this.#delays.check(account);
    const accept = (maildrop: Maildrop): Maildrop => {
      this.#delays.accepted(account, termsOf(this.#transcript, account).loginDelay ?? 0);
      return maildrop;
    };
    const open = (): MaybePromise<Maildrop> => this.#open(account);
    const opened = this.#exclusive ? this.#alone(account, visit, open) : open();
    return opened instanceof Promise ? opened.then(accept) : accept(opened);
  }

  #alone(account: string, visit: Visit, open: () => MaybePromise<Maildrop>): MaybePromise<Maildrop> {
    const opened = this.#maildrops.open(account, visit, open);
    if (!(opened instanceof Promise)) return opened;
    const wait = (change: number): void => {
      this.#waiting += change;
      this.#someWait();
    };
    wait(1);
    return opened.finally(() => wait(-1));
  }

  #open(account: string): MaybePromise<Maildrop> {
    if (this.#openFault !== undefined) throw failure(this.#openFault, 'the maildrop cannot be opened');
    const keep = (maildrop: Maildrop) => {
      const faulty = new FaultyMaildrop(maildrop, this.#faults);
      this.#opened.add(faulty);
      return faulty;
    };
    if (maildrops(this.#transcript).get(account) === 'huge') return keep(hugeMaildrop());
    const opened = this.#kept.store.openMaildrop(account);
    return opened instanceof Promise ? opened.then(keep) : keep(opened);
  }

  async #deliver(name: string, letter: Buffer): Promise<void> {
    const delivery = this.#kept.store.beginDelivery({
      returnPath: 'alice@example.org',
      recipients: [{ maildrop: name, trace: Buffer.alloc(0) }],
    });
    await delivery.write(canonical(letter));
    const [answer] = await Promise.all(delivery.commit());
    if (answer instanceof Error) throw answer;
  }

  #fault(text: string): void {
    const [what = '', ...rest] = text.split(' ');
    const [kind = ''] = rest;
    const fault = kind as Fault;
    const after = Number(/ after (\d+)$/.exec(text)?.[1] ?? 0);
    switch (what) {
      case 'none':
        this.#openFault = undefined;
        this.#authenticateFault = undefined;
        delete this.#faults.entries;
        delete this.#faults.read;
        delete this.#faults.expunge;
        return;
      case 'open':
        this.#openFault = fault;
        return;
      case 'authenticate':
        this.#authenticateFault = kind;
        return;
      case 'entries':
        this.#faults.entries = { fault, after };
        return;
      case 'read':
        this.#faults.read = { number: Number(kind), fault: rest[1] as Fault, after };
        return;
      case 'expunge':
        this.#faults.expunge = /^\d+$/.test(kind) ? { notRemoved: [Number(kind)] } : fault;
        return;
      default:
        throw new SyntaxError(`FAULT ${text}: there is no such fault`);
    }
  }
}
