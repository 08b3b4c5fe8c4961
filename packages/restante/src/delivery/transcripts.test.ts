import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { alterations, channels, parseTranscript, runTranscript } from '@restante/pop/testing';
import { lmtpSubject } from '../testing/lmtp-subject.ts';

const FOLDER = new URL('../../transcripts/lmtp/', import.meta.url);
const SOURCES = new URL('../../src/delivery/', import.meta.url);
const transcripts = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt') && name !== 'rows.txt')
  .sort()
  .map((name) => parseTranscript(readFileSync(new URL(name, FOLDER), 'utf8'), name));

describe('LMTP transcripts', () => {
  for (const transcript of transcripts) {
    for (const channel of channels(transcript).filter((each) => each !== 'tls')) {
      it(`${transcript.file} (${channel})`, async () => {
        await runTranscript(transcript, lmtpSubject, channel);
      });
    }
  }
});

describe('LMTP transcripts, altered', () => {
  for (const transcript of transcripts) {
    it(`${transcript.file} fails with any of its S: lines altered or left out`, async () => {
      // A line that stands many times in one `S:` is altered once.
      const byWhat = new Map(alterations(transcript).map((altered) => [altered.what, altered.transcript]));
      for (const [what, altered] of byWhat) {
        await assert.rejects(runTranscript(altered, lmtpSubject, 'memory', 300), what);
      }
    });
  }
});

describe('rows of the standards', () => {
  const rows = readFileSync(new URL('rows.txt', FOLDER), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' '));

  it('each have a transcript that is headed by their ID, or a test that names it', () => {
    const shown = new Set(transcripts.flatMap(({ ids }) => ids));
    for (const [id = '', test] of rows) {
      const found = test === undefined ? shown.has(id) : readFileSync(new URL(test, SOURCES), 'utf8').includes(id);
      assert.ok(found, id);
    }
  });

  it('are all that a transcript says it shows', () => {
    const known = new Set(rows.map(([id]) => id));
    for (const { file, ids } of transcripts) {
      assert.notEqual(ids.length, 0, `${file} names no row`);
      for (const id of ids) assert.ok(known.has(id), `${file} names ${id}`);
    }
  });
});
