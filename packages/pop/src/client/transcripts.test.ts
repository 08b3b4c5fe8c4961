import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Status } from '../pop3/exchange-status.ts';
import {
  ManualClock,
  MemoryStore,
  parseTranscript,
  pop3Subject,
  runTranscript,
  ScriptedPeer,
} from '../testing/index.ts';
import { type Call, Link } from './link.ts';
import { Trace } from './trace.ts';
import { type Answered, type Session, scriptOf, sessionsOf } from './transcripts.test-support.ts';

const folder = new URL('../../transcripts/', import.meta.url);
const files = readdirSync(fileURLToPath(folder), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.includes('/') && file.endsWith('.txt'))
  .sort();

function openStore() {
  const store = new MemoryStore();
  return { store, addMaildrop: (name: string) => store.addMaildrop(name), close: () => {} };
}
const server = pop3Subject({ openStore });

/** What the client has understood of an answer. */
interface Understood {
  status?: Status;
  readonly challenges: string[];
  readonly lines: string[];
  readonly octets: Buffer[];
  whole: boolean;
}

/** Says what the session's client says, and hears what is answered. */
async function hear(link: Link, { request, challenges }: Answered): Promise<Understood> {
  const heard: Understood = { challenges: [], lines: [], octets: [], whole: false };
  await new Promise<void>((resolve, reject) => {
    const call: Call = {
      ...request,
      status(status, over) {
        heard.status = status;
        if (over) resolve();
      },
      challenge(data) {
        link.respond(challenges[heard.challenges.push(data) - 1]?.response ?? '*');
      },
      listed: (line) => heard.lines.push(line.toString('latin1')),
      octets: (octets) => heard.octets.push(octets),
      whole() {
        heard.whole = true;
        resolve();
      },
      failed: reject,
    };
    link.send(call);
  });
  // Whether it holds is shown elsewhere: here it is the words that count.
  if (request.reply === 'switch' && heard.status?.ok) await link.switchTo(async (stream) => ({ stream }));
  return heard;
}

async function plays(session: Session, cut: boolean): Promise<void> {
  const peer = new ScriptedPeer(scriptOf(session), { cut });
  const options = { line: 16_384, greetingTimeout: 1e9, socketTimeout: 1e9, readerTimeout: 1e9 };
  const link = new Link(peer.socket, { ...options, clock: new ManualClock(), trace: new Trace() });
  const greeting = await link.greeting();
  assert.equal(`${greeting.ok ? '+OK' : '-ERR'} ${greeting.text}`, session.greeting);
  for (const answered of session.answered) {
    const { status, challenges, lines, octets, whole } = await hear(link, answered);
    assert.equal(`${status?.ok ? '+OK' : '-ERR'} ${status?.text}`, answered.status);
    assert.deepEqual(
      challenges,
      answered.challenges.map(({ challenge }) => challenge),
    );
    assert.equal(whole, answered.lines !== undefined);
    // Un-stuffed as RFC 1939 §3 says it: a dot that begins a line is taken away.
    const body = (answered.lines ?? []).map((line) => line.replace(/^\./, ''));
    if (answered.request.reply === 'letter') {
      assert.equal(Buffer.concat(octets).toString('latin1'), body.map((line) => `${line}\r\n`).join(''));
    } else {
      assert.deepEqual(lines, body);
    }
  }
  link.fail(link.error('ABORTED', 'it is over'));
  await peer.finished;
}

describe('the transcripts, played to the client: each answer is understood, whole and octet by octet (P3-12, P3-14)', () => {
  let played = 0;
  for (const file of files) {
    test(file, async () => {
      const transcript = parseTranscript(readFileSync(new URL(file, folder), 'utf8'), file);
      for (const session of sessionsOf(await runTranscript(transcript, server))) {
        await plays(session, false);
        if (scriptOf(session).length < 4_000) await plays(session, true);
        played += 1;
      }
    });
  }

  test('they are most of all sessions', () => {
    assert.ok(played > 120, `${played} sessions`);
  });
});
