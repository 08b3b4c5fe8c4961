import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Exchange } from '../../pop3/exchange.ts';
import { type ClientKeyword, type Request, request } from '../../pop3/exchange-request.ts';
import { MemoryStore } from '../memory-store.ts';
import type { Spoken } from '../transcript/failure.ts';
import { parseTranscript } from '../transcript/parse.ts';
import { runTranscript } from '../transcript/run.ts';
import { pop3Subject } from './subject.ts';

const folder = new URL('../../../transcripts/', import.meta.url);
const files = readdirSync(fileURLToPath(folder), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.includes('/') && file.endsWith('.txt'))
  .sort();

const subject = pop3Subject({
  openStore() {
    const store = new MemoryStore({ slice: 4_096 });
    return { store, addMaildrop: (name: string) => store.addMaildrop(name), close: () => {} };
  },
});

/** The commands of a line as a client makes them; `undefined` for what no client would say. */
function asked(line: string): Request | undefined {
  const [, keyword = '', argument] = /^([A-Z]{3,4})(?: (.+))?$/.exec(line) ?? [];
  try {
    return request(keyword as ClientKeyword, argument);
  } catch {
    return undefined;
  }
}

interface Turn {
  readonly request: Request;
  readonly reply: readonly string[];
}

/** One session's commands, each with the lines that the server answered, as far as a client would have said them. */
function turns(dialog: readonly Spoken[]): { readonly greeting: string; readonly turns: readonly Turn[] } | undefined {
  const turns: { request: Request; reply: string[] }[] = [];
  const [greeting, ...rest] = dialog;
  if (greeting?.side !== 'S') return undefined;
  let answering = 0;
  for (const { side, octets } of rest) {
    if (side === 'S') {
      const turn = turns[answering];
      if (turn === undefined) return undefined;
      turn.reply.push(octets);
      const multiline = /^(lines|letter)$/.test(turn.request.reply) && turn.reply[0]?.startsWith('+OK');
      if (multiline ? octets === '.' && turn.reply.length > 1 : !octets.startsWith('+ ')) answering += 1;
      continue;
    }
    if (!octets.endsWith('\r\n')) return undefined;
    for (const line of octets.slice(0, -2).split('\r\n')) {
      const made = asked(line);
      // What goes on after AUTH or STLS is no command, or is one of another connection.
      if (made === undefined || made.reply === 'challenges' || made.reply === 'switch') return finished();
      turns.push({ request: made, reply: [] });
    }
  }
  return finished();

  function finished() {
    const answered = turns.slice(0, answering);
    return answered.length === 0 ? undefined : { greeting: greeting?.octets ?? '', turns: answered };
  }
}

/** What a client makes of these octets: of each command its status, and its lines or octets un-stuffed. */
function read(greeting: string, dialog: readonly Turn[], pieces: number): string[] {
  const exchange = new Exchange();
  exchange.receive(Buffer.from(`${greeting}\r\n`, 'latin1'));
  exchange.pipelining = true;
  for (const turn of dialog) exchange.request(turn.request);
  const got = new Map<Request, string>(dialog.map((turn) => [turn.request, '']));
  const again = new Map(dialog.map((turn) => [turn.request, Buffer.from(`${turn.reply.join('\r\n')}\r\n`, 'latin1')]));
  const failures: string[] = [];
  // The server answers what was sent, in order, whenever it comes.
  for (let sent = true; sent; ) {
    sent = false;
    for (const event of exchange.take()) {
      if (event.type === 'send') {
        sent = true;
        for (const each of event.requests) feed(again.get(each) ?? Buffer.alloc(0));
      } else if (event.type === 'failed') {
        failures.push(event.why);
      }
    }
  }
  assert.deepEqual(failures, []);
  assert.ok(exchange.idle);
  return dialog.map((turn) => got.get(turn.request) ?? '');

  function feed(octets: Buffer): void {
    for (let at = 0; at < octets.length; at += pieces) {
      exchange.receive(octets.subarray(at, at + pieces));
      note();
    }
  }

  function note(): void {
    const waiting: ReturnType<typeof exchange.take>[number][] = [];
    for (const event of exchange.take()) {
      if (event.type === 'status') add(event.request, `${event.status.ok ? '+OK' : '-ERR'} ${event.status.text}\r\n`);
      else if (event.type === 'line') add(event.request, `${event.line.toString('latin1')}\r\n`);
      else if (event.type === 'octets') add(event.request, event.octets.toString('latin1'));
      else waiting.push(event);
    }
    for (const event of waiting) {
      if (event.type === 'send') for (const each of event.requests) feed(again.get(each) ?? Buffer.alloc(0));
      if (event.type === 'failed') failures.push(event.why);
    }
  }

  function add(of: Request, what: string): void {
    got.set(of, (got.get(of) ?? '') + what);
  }
}

/** The same by the plainest reading. */
function plainly({ request: { reply: form }, reply }: Turn): string {
  const [status = '', ...rest] = reply;
  if (rest.length === 0 || form === 'line') return `${status}\r\n`;
  const lines = rest.slice(0, -1).map((line) => (line.startsWith('.') ? line.slice(1) : line));
  return [status, ...lines].map((line) => `${line}\r\n`).join('');
}

describe('the client’s half reads what the server’s half says in every transcript (P3-14)', () => {
  let commands = 0;
  for (const file of files) {
    test(file, async () => {
      const transcript = parseTranscript(readFileSync(new URL(file, folder), 'utf8'), file);
      const dialog = await runTranscript(transcript, subject);
      for (const session of sessions(dialog)) {
        const found = turns(session);
        if (found === undefined) continue;
        commands += found.turns.length;
        const expected = found.turns.map(plainly);
        for (const pieces of [1, 7, 65_536]) {
          assert.deepEqual(read(found.greeting, found.turns, pieces), expected, `in pieces of ${pieces}`);
        }
      }
    });
  }

  test('and those are enough to show something', () => {
    assert.ok(commands > 400, `${commands} commands`);
  });
});

/** The dialogs of single connections: a greeting begins each. */
function sessions(dialog: readonly Spoken[]): readonly (readonly Spoken[])[] {
  const open = new Map<number, Spoken[]>();
  const all: Spoken[][] = [];
  for (const spoken of dialog) {
    const session = open.get(spoken.connection);
    const greets = spoken.side === 'S' && spoken.first && /^\+OK \S+ POP3 ready$/.test(spoken.octets);
    if (session !== undefined && !greets) {
      session.push(spoken);
    } else {
      const begun = [spoken];
      open.set(spoken.connection, begun);
      all.push(begun);
    }
  }
  return all;
}
