import assert from 'node:assert/strict';
import type { Actor } from '../../maildrop/maildrop.ts';
import type { Store } from '../../maildrop/store.ts';
import { createPop3Server, type Pop3Server } from '../../server/index.ts';
import { duplexPair } from '../duplex-pair.ts';
import { ManualClock } from '../manual-clock.ts';
import type { Step } from '../store-cases/walk.ts';
import type { StoreUnderTest } from '../store-conformance.ts';
import { ClientEnd } from '../transcript/client-end.ts';
import { type ModelLetter, type ModelReply, SessionModel } from './session-model.ts';

const ACCOUNT = 'mrose';
const MOST_SESSIONS = 3;
const operator: Actor = { account: ACCOUNT, session: 'walk', address: 'local' };
const peer = { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true };

interface OpenSession {
  readonly client: ClientEnd;
  readonly model: SessionModel;
}

/**
 * Does the steps with a POP3 server over a store: up to three sessions at once on one maildrop, with letters arriving,
 * coming back and being purged meanwhile; and compares each reply with what a model of the maildrop says. For property
 * tests: the steps are plain numbers, so that any generator can make and shrink them.
 */
export async function walkSessions(
  tested: Pick<StoreUnderTest, 'store' | 'addMaildrop'>,
  steps: readonly Step[],
): Promise<void> {
  await tested.addMaildrop(ACCOUNT);
  const walk = new Walk(tested.store);
  try {
    await walk.begin();
    for (const step of steps) await walk.step(step);
    await walk.finish();
  } finally {
    await walk.close();
  }
}

class Walk {
  readonly #store: Store;
  readonly #clock = new ManualClock();
  readonly #server: Pop3Server;
  /** The mailbox as the next login has to find it, and what was expunged and may come back. */
  #letters: readonly ModelLetter[] = [];
  #expunged: readonly ModelLetter[] = [];
  #sessions: readonly OpenSession[] = [];
  #delivered = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#server = createPop3Server({
      authenticate: () => ({ type: 'accepted', account: ACCOUNT }),
      openMaildrop: (account) => store.openMaildrop(account),
      hostname: 'localhost',
      clock: this.#clock,
    });
  }

  /** A walk that begins in an empty mailbox spends most of its steps on nothing. */
  async begin(): Promise<void> {
    for (const seed of [0, 4, 5]) await this.#deliver(seed);
    await this.#login();
  }

  async step([which, first, second]: Step): Promise<void> {
    const session = this.#sessions[first % Math.max(1, this.#sessions.length)];
    switch (which % 12) {
      case 0:
      case 1:
        return this.#deliver(second);
      case 2:
        return this.#sessions.length < MOST_SESSIONS ? this.#login() : undefined;
      case 3:
        return session && this.#quit(session);
      case 4:
        return session && second % 3 === 0 ? this.#drop(session) : undefined;
      case 5:
        return this.#undelete(second);
      case 6:
        return second % 4 === 0 ? this.#purge() : undefined;
      default:
        return session && this.#commands(session, which, second);
    }
  }

  /** What everybody sees in the end: each open session, and whoever comes behind them. */
  async finish(): Promise<void> {
    for (const session of this.#sessions) {
      await this.#lookAtAll(session);
      await this.#quit(session);
    }
    await this.#login();
    for (const session of this.#sessions) await this.#lookAtAll(session);
  }

  #lookAtAll(session: OpenSession): Promise<void> {
    const letters = session.model.letters.map((_, index): Command => ['RETR', index + 1]);
    return this.#converse(session, [['STAT'], ['LIST'], ['UIDL'], ...letters]);
  }

  async close(): Promise<void> {
    const closed = this.#server.close({ deadline: 1 });
    for (const { client } of this.#sessions) client.drop();
    await this.#clock.advance(1);
    await closed;
  }

  async #deliver(seed: number): Promise<void> {
    this.#delivered += 1;
    const body = ['.', '..', '.x', '', 'y'.repeat(seed % 90)].slice(seed % 3, (seed % 6) + 1);
    const text = `Subject: ${this.#delivered}\r\n${body.map((line) => `\r\n${line}`).join('')}\r\n`;
    const recipient = { maildrop: ACCOUNT, trace: Buffer.alloc(0) };
    const delivery = this.#store.beginDelivery({ returnPath: '', recipients: [recipient] });
    await delivery.write(Buffer.from(text));
    const [placed] = await Promise.all(delivery.commit());
    assert.ok(placed !== undefined && 'uniqueId' in placed, `the letter was not taken: ${String(placed)}`);
    this.#letters = [...this.#letters, { uniqueId: placed.uniqueId, text }];
  }

  async #login(): Promise<void> {
    const [near, far] = duplexPair();
    this.#server.accept(far, peer);
    const client = new ClientEnd(near);
    client.send(Buffer.from(`USER ${ACCOUNT}\r\nPASS x\r\n`));
    for (const answered of ['the greeting', 'USER', 'PASS']) {
      assert.match((await client.line()) ?? 'closed', /^\+OK /, answered);
    }
    this.#sessions = [...this.#sessions, { client, model: new SessionModel(this.#letters) }];
  }

  /** One to four commands in one write. Message-numbers are mostly those of letters, and some beyond. */
  async #commands(session: OpenSession, which: number, seed: number): Promise<void> {
    const keywords = ['STAT', 'LIST', 'UIDL', 'RETR', 'TOP', 'DELE', 'RSET', 'NOOP', 'DELE', 'TOP', 'DELE', 'RETR'];
    const commands = Array.from({ length: (which % 4) + 1 }, (_, index): Command => {
      const mixed = seed + index * 7_919;
      const keyword = keywords[mixed % keywords.length] ?? 'NOOP';
      const number = (mixed >> 4) % (session.model.letters.length + 2);
      if (keyword === 'TOP') return [keyword, number, (mixed >> 8) % 5];
      const alone = ['STAT', 'RSET', 'NOOP'].includes(keyword) || (/LIST|UIDL/.test(keyword) && mixed % 2 === 0);
      return alone ? [keyword] : [keyword, number];
    });
    return this.#converse(session, commands);
  }

  async #converse({ client, model }: OpenSession, commands: readonly Command[]): Promise<void> {
    client.send(Buffer.from(commands.map((command) => `${command.join(' ')}\r\n`).join('')));
    for (const command of commands) await compare(client, command.join(' '), model.answer(...command));
  }

  async #quit(session: OpenSession): Promise<void> {
    const { client, model } = session;
    client.send(Buffer.from('QUIT\r\n'));
    await compare(client, 'QUIT', { ok: true });
    assert.equal(await client.rest(), '', 'nothing comes behind the answer to QUIT');
    client.end();
    const leaving = this.#letters.filter((letter) => model.marked.includes(letter));
    this.#letters = this.#letters.filter((letter) => !leaving.includes(letter));
    this.#expunged = [...this.#expunged, ...leaving];
    this.#sessions = this.#sessions.filter((other) => other !== session);
  }

  #drop(session: OpenSession): void {
    session.client.drop();
    this.#sessions = this.#sessions.filter((other) => other !== session);
  }

  /** One letter comes back: another arrival, which no session that is open sees. */
  async #undelete(seed: number): Promise<void> {
    const letter = this.#expunged[seed % Math.max(1, this.#expunged.length)];
    if (letter === undefined) return;
    const { uniqueId } = letter;
    assert.equal(await this.#store.undelete(ACCOUNT, { uniqueIds: [uniqueId] }, operator), 1);
    this.#expunged = this.#expunged.filter((other) => other !== letter);
    this.#letters = [...this.#letters, { ...letter }];
  }

  /** What no session holds is gone for good; what one holds, it can still read. */
  async #purge(): Promise<void> {
    await this.#store.purge(Date.now() + 60_000);
    this.#expunged = [];
  }
}

type Command = readonly [keyword: string, number?: number, count?: number];

async function compare(client: ClientEnd, command: string, { ok, text, lines }: ModelReply): Promise<void> {
  const status = (await client.line()) ?? 'closed';
  const expected = text === undefined ? (ok ? /^\+OK ./ : /^-ERR ./) : new RegExp(`^\\+OK ${text}$`);
  assert.match(status, expected, command);
  if (lines === undefined) return;
  const got: string[] = [];
  for (let line = await client.line(); line !== '.'; line = await client.line()) {
    assert.ok(line !== undefined, `${command}: the server closed in the middle of the reply`);
    got.push(line);
  }
  assert.deepEqual(got, lines, command);
}
