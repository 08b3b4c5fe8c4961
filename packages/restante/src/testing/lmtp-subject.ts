import assert from 'node:assert/strict';
import type { MaybePromise, StoreErrorKind } from '@restante/pop/maildrop';
import {
  directive,
  type ManualClock,
  type Situation,
  type Subject,
  type Transcript,
  turns,
} from '@restante/pop/testing';
import type { LmtpLimits } from '../delivery/limits.ts';
import { LmtpServer } from '../delivery/lmtp-server.ts';
import { AccountRoutes } from '../delivery/routes.ts';
import { TrialAccounts } from './trial-accounts.ts';
import { lettersOf, TrialStore } from './trial-store.ts';

/** Our LMTP server, as transcripts are played to it. transcripts/lmtp/README.md says what they may say. */
export const lmtpSubject: Subject = {
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
  ],
  words: ['LETTERS', 'LETTER', 'TRACE', 'FAULT', 'ROOM', 'HOLD', 'HELD', 'RELEASE', 'SHUTDOWN'],
  prelude: (state) => {
    const prelude = PRELUDES[state];
    if (prelude === undefined) throw new SyntaxError(`there is no state ${state}`);
    return prelude.join('\n');
  },
  prepare: (transcript, clock) => situation(transcript, clock),
};

const GREETED = ['S: 220 {any}'];
const READY = [
  ...GREETED,
  'C: LHLO mx.example.org',
  'S: 250-store.example.net',
  'S: 250-PIPELINING',
  'S: 250-ENHANCEDSTATUSCODES',
  'S: 250-8BITMIME',
  'S: 250 SIZE {any}',
];
const MAIL = [...READY, 'C: MAIL FROM:<chris@example.org>', 'S: 250 2.1.0 {any}'];
const RCPT = [...MAIL, 'C: RCPT TO:<pat@example.net>', 'S: 250 2.1.5 {any}'];
const DATA = [...RCPT, 'C: DATA', 'S: 354 {any}'];
const PRELUDES: Readonly<Record<string, readonly string[]>> = { GREETED, READY, MAIL, RCPT, DATA };

function situation(transcript: Transcript, clock: ManualClock): Situation {
  const store = new TrialStore();
  const accounts = new TrialAccounts();
  const limits: Partial<Record<keyof LmtpLimits, number>> = {};
  const put = (name: string, addresses: readonly string[], disabled: boolean) => {
    store.addMaildrop(name);
    accounts.put(name, addresses, disabled);
  };
  put('pat', [], false);
  put('green', [], false);
  for (const { name, argument, value } of transcript.directives) {
    if (name === 'account' || name === 'disabled') put(argument, value.split(' '), name === 'disabled');
    if (name === 'alias') accounts.putAlias(argument, value.split(' '));
    if (name === 'limit') limits[argument as keyof LmtpLimits] = Number(value);
  }
  const postmaster = directive(transcript, 'postmaster');
  const separator = directive(transcript, 'separator') ?? '+';
  const bareLineEnds = directive(transcript, 'bare-line-ends');
  let over = 0;
  let wake = () => {};
  const server = new LmtpServer({
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
    TRACE: (rest, octets) => assert.equal(trace(letter(rest)), octets?.toString('latin1')),
    FAULT: (rest) => {
      const [where = '', kind = ''] = rest.split(' ');
      if (where === 'accounts') accounts.down = true;
      else if (where === 'write') store.writeFault = kind as StoreErrorKind;
      else store.commitFaults.set(where, kind as StoreErrorKind);
    },
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
