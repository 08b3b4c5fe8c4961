import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MemoryStore } from '../memory-store.ts';
import { alterations } from '../transcript/alter.ts';
import type { Spoken } from '../transcript/failure.ts';
import { parseTranscript } from '../transcript/parse.ts';
import { channels, runTranscript } from '../transcript/run.ts';
import { pop3Subject } from './subject.ts';

const folder = new URL('../../../transcripts/', import.meta.url);
const files = readdirSync(fileURLToPath(folder), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.includes('/') && file.endsWith('.txt'))
  .sort();
const transcripts = files.map((file) => parseTranscript(readFileSync(new URL(file, folder), 'utf8'), file));

function openStore() {
  const store = new MemoryStore({ slice: 4_096 });
  return { store, addMaildrop: (name: string) => store.addMaildrop(name), close: () => {} };
}

const atOnce = pop3Subject({ openStore });
const later = pop3Subject({ openStore, later: true });

/** All that was said in memory. */
const played: (readonly Spoken[])[] = [];

for (const transcript of transcripts) {
  describe(transcript.file, () => {
    for (const channel of channels(transcript)) {
      test(`over ${channel}`, async () => {
        const dialog = await runTranscript(transcript, channel === 'octets' ? later : atOnce, channel);
        if (channel === 'memory') played.push(dialog);
      });
    }
  });
}

test('whatever was answered in them: a status in upper case, text behind it, codes that are registered, 512 octets of ASCII (P3-05, P3-06, OBS-01, EXT-14, EXT-15, EXT-33, RC-01, IANA-02)', () => {
  const replies = played
    .flat()
    .filter(({ side, first }) => side === 'S' && first)
    .map(({ octets }) => octets);
  assert.ok(replies.length > 500, `${replies.length} replies`);
  for (const reply of replies) {
    assert.match(reply, /^(\+OK |-ERR |\+ )/);
    assert.ok(reply.length + 2 <= 512, reply);
    if (reply.startsWith('+ ')) continue;
    assert.match(reply, /^[\x20-\x7e]+$/);
    assert.match(reply, /^(\+OK [^[]|-ERR [^[]|-ERR \[(AUTH|IN-USE|LOGIN-DELAY|SYS\/TEMP|SYS\/PERM)\] [^[])/);
  }
});

test('no greeting has a timestamp in it, since there is no APOP (P3-02, P3-31, P3-32)', () => {
  const greetings = played.map(([first]) => first).filter((first) => first?.side === 'S');
  assert.ok(greetings.length > 100, `${greetings.length} greetings`);
  for (const greeting of greetings) assert.match(greeting?.octets ?? '', /^\+OK [^<>]+$/);
});

describe('each S: line, altered or left out, makes its transcript fail', () => {
  for (const transcript of transcripts) {
    test(transcript.file, async () => {
      for (const { what, transcript: altered } of alterations(transcript)) {
        await assert.rejects(runTranscript(altered, atOnce, 'memory', 300), { name: 'TranscriptFailure' }, what);
      }
    });
  }
});
