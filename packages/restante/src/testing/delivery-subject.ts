import assert from 'node:assert/strict';
import type { MaybePromise, StoreErrorKind } from '@restante/pop/maildrop';
import {
  type Certificate,
  directive,
  type ManualClock,
  type Situation,
  type Subject,
  selfSignedCertificate,
  type Transcript,
  turns,
} from '@restante/pop/testing';
import type { DeliveryLimits } from '../delivery/limits.ts';
import { MailServer } from '../delivery/mail-server.ts';
import type { Protocol } from '../delivery/protocol.ts';
import { AccountRoutes } from '../delivery/routes.ts';
import { TrialAccounts } from './trial-accounts.ts';
import { lettersOf, TrialStore } from './trial-store.ts';

/** Our mail server, as transcripts are played to it. transcripts/README.md says what they may say. */
export function deliverySubject(protocol: Protocol): Subject {
  return {
    directives: [
      'account',
      'disabled',
      'alias',
      'domains',
      'separator',
      'postmaster',
      'limit',
      'bare-line-ends',
      'spaces',
      'over-quota',
    ],
    words: ['LETTERS', 'LETTER', 'TRACE', 'FAULT', 'ROOM', 'QUOTA', 'RESERVED', 'HOLD', 'HELD', 'RELEASE', 'SHUTDOWN'],
    prelude: (state, transcript) => {
      const into = STATES.indexOf(state);
      if (into === -1) throw new SyntaxError(`there is no state ${state}`);
      return STATES.slice(0, into + 1)
        .flatMap((each) => (each === 'READY' ? hello(protocol, transcript) : LINES[each]))
        .join('\n');
    },
    prepare: (transcript, clock) => situation(protocol, transcript, clock),
  };
}

const STATES = ['GREETED', 'READY', 'MAIL', 'RCPT', 'DATA'];
const LINES: Readonly<Record<string, readonly string[]>> = {
  GREETED: ['S: 220 {any}'],
  MAIL: ['C: MAIL FROM:<chris@example.org>', 'S: 250 2.1.0 {any}'],
  RCPT: ['C: RCPT TO:<pat@example.net>', 'S: 250 2.1.5 {any}'],
  DATA: ['C: DATA', 'S: 354 {any}'],
};

/** LM-07, SM-02: what the hello lists. */
function hello(protocol: Protocol, transcript: Transcript): readonly string[] {
  const extensions = ['PIPELINING', 'ENHANCEDSTATUSCODES', '8BITMIME', 'CHUNKING', 'SIZE {any}'];
  if (protocol.bareCr) extensions.push('XBARECR');
  const said = ['store.example.net', ...extensions, ...(offersTls(transcript) ? ['STARTTLS'] : [])];
  const last = said.length - 1;
  return [
    `C: ${protocol.hello} mx.example.org`,
    ...said.map((text, index) => `S: 250${index === last ? ' ' : '-'}${text}`),
  ];
}

/** Without a word of it there is no certificate. */
function offersTls(transcript: Transcript): boolean {
  return directive(transcript, 'tls') === 'available';
}

let certificate: Certificate | undefined;

function situation(protocol: Protocol, transcript: Transcript, clock: ManualClock): Situation {
  certificate ??= selfSignedCertificate();
  const shown = offersTls(transcript) ? certificate : undefined;
  const store = new TrialStore();
  const accounts = new TrialAccounts();
  const limits: Partial<Record<keyof DeliveryLimits, number>> = {};
  const put = (name: string, addresses: readonly string[], disabled: boolean) => {
    store.addMaildrop(name);
    accounts.put(name, addresses, disabled);
  };
  put('pat', [], false);
  put('green', [], false);
  for (const { name, argument, value } of transcript.directives) {
    if (name === 'account' || name === 'disabled') put(argument, value.split(' '), name === 'disabled');
    if (name === 'alias') accounts.putAlias(argument, value.split(' '));
    if (name === 'limit') limits[argument as keyof DeliveryLimits] = Number(value);
  }
  const postmaster = directive(transcript, 'postmaster');
  const separator = directive(transcript, 'separator') ?? '+';
  const bareLineEnds = directive(transcript, 'bare-line-ends');
  let over = 0;
  let wake = () => {};
  const server = new MailServer({
    protocol,
    ...(shown !== undefined && { tls: () => shown }),
    store,
    routes: new AccountRoutes({
      accounts,
      domains: directive(transcript, 'domains')?.split(' ') ?? ['example.net', 'localhost'],
      ...(separator !== 'off' && { separator }),
      ...(postmaster !== undefined && { postmaster }),
    }),
    hostname: 'store.example.net',
    limits,
    clock,
    bareLineEnds: bareLineEnds === 'normalise' ? 'normalise' : 'refuse',
    overQuota: directive(transcript, 'over-quota') === 'never' ? 'never' : 'later',
    spacesRoundColon: directive(transcript, 'spaces') === 'allowed',
    onSession: () => {
      over += 1;
      wake();
    },
  });
  const letter = (rest: string): string => {
    const [name = '', number = ''] = rest.split(' ');
    const found = lettersOf(store, name)[Number(number) - 1];
    assert.ok(found !== undefined, `there is no letter ${rest}`);
    return found;
  };
  const performances: Readonly<Record<string, (rest: string, octets: Buffer | undefined) => MaybePromise<void>>> = {
    LETTERS: (rest) => {
      const [name = '', number] = rest.split(' ');
      assert.equal(lettersOf(store, name).length, Number(number), `letters of ${name}`);
    },
    LETTER: (rest, octets) => assert.equal(belowTrace(letter(rest)), octets?.toString('latin1') ?? ''),
    TRACE: (rest, octets) => {
      const expected = octets
        ?.toString('latin1')
        .replace(' with PROTOCOL ', ` with ${protocol.with[protocol.hello]?.clear} `);
      assert.equal(trace(letter(rest)), expected);
    },
    FAULT: (rest) => {
      const [where = '', kind = ''] = rest.split(' ');
      if (where === 'accounts') accounts.down = true;
      else if (where === 'write') store.writeFault = kind as StoreErrorKind;
      else store.commitFaults.set(where, kind as StoreErrorKind);
    },
    QUOTA: (rest) => {
      const [name = '', left, most = Infinity] = rest.split(' ');
      store.quotas.set(name, { left: Number(left), most: Number(most) });
    },
    RESERVED: (rest) => assert.equal(store.reservations, Number(rest), 'reservations'),
    ROOM: (rest) => {
      store.room = Number(rest);
    },
    HOLD: (rest) => store.hold(rest),
    HELD: async (rest) => {
      for (let turn = 0; turn < 10_000 && !store.isHeld(rest); turn += 1) await turns(1);
      assert.ok(store.isHeld(rest), `no letter is held for ${rest}`);
    },
    RELEASE: (rest) => store.release(rest),
    SHUTDOWN: () => {
      server.close().catch(assert.fail);
    },
  };
  return {
    certificate: certificate.cert,
    connect: (socket, peer) => server.accept(socket, peer),
    listen: async () => {
      const listening = await server.listen({ host: '127.0.0.1', port: 0 });
      return 'port' in listening ? listening.port : 0;
    },
    perform: (word, rest, octets) => performances[word]?.(rest, octets),
    ended: (count) =>
      new Promise((resolve) => {
        wake = () => {
          if (over >= count) resolve();
        };
        wake();
      }),
    close: async () => {
      const open = server.connections;
      await server.close({ deadline: 0 });
      assert.equal(open, 0, 'connections left open');
      assert.equal(store.reservations, 0, 'reservations that were not let go of');
    },
  };
}

/** Return-Path, Delivered-To, Received with its two further lines. */
const TRACE = /^(?:[^\n]*\n){5}/;

function belowTrace(letter: string): string {
  return letter.replace(TRACE, '');
}

/** The trace fields, with the word ID where the session's id stands. */
function trace(letter: string): string {
  const [fields = ''] = TRACE.exec(letter) ?? [];
  return fields.replace(/ id [0-9a-f]{16}-/, ' id ID-');
}
