import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MemoryStore } from '../memory-store.ts';
import { alterations } from '../transcript/alter.ts';
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

for (const transcript of transcripts) {
  describe(transcript.file, () => {
    for (const channel of channels(transcript)) {
      test(`over ${channel}`, async () => {
        await runTranscript(transcript, channel === 'octets' ? later : atOnce, channel);
      });
    }
  });
}

describe('each S: line, altered or left out, makes its transcript fail', () => {
  for (const transcript of transcripts) {
    test(transcript.file, async () => {
      for (const { what, transcript: altered } of alterations(transcript)) {
        await assert.rejects(runTranscript(altered, atOnce, 'memory', 1_000), { name: 'TranscriptFailure' }, what);
      }
    });
  }
});
