import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { alterations, channels, parseTranscript, runTranscript } from '@restante/pop/testing';
import { lmtpSubject } from '../testing/lmtp-subject.ts';

const FOLDER = new URL('../../transcripts/lmtp/', import.meta.url);
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
