import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { alterations, channels, parseTranscript, runTranscript } from '@restante/pop/testing';
import { deliverySubject } from '../testing/delivery-subject.ts';
import { LMTP, SMTP } from './protocol.ts';

const FOLDER = new URL('../../transcripts/', import.meta.url);
const transcriptsIn = (folder: string) =>
  readdirSync(new URL(`${folder}/`, FOLDER))
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => parseTranscript(readFileSync(new URL(`${folder}/${name}`, FOLDER), 'utf8'), `${folder}/${name}`));

for (const protocol of [SMTP, LMTP]) {
  const transcripts = [...transcriptsIn('both'), ...transcriptsIn(protocol.name.toLowerCase())];
  const subject = deliverySubject(protocol);

  describe(`${protocol.name} transcripts`, () => {
    for (const transcript of transcripts) {
      // TLS from the first octet is spoken by neither.
      for (const channel of channels(transcript).filter((each) => each !== 'tls')) {
        it(`${transcript.file} (${channel})`, async () => {
          await runTranscript(transcript, subject, channel);
        });
      }
    }
  });

  describe(`${protocol.name} transcripts, altered`, () => {
    for (const transcript of transcripts) {
      it(`${transcript.file} fails with any of its S: lines altered or left out`, async () => {
        // A line that stands many times in one `S:` is altered once.
        const byWhat = new Map(alterations(transcript).map((altered) => [altered.what, altered.transcript]));
        for (const [what, altered] of byWhat) {
          await assert.rejects(runTranscript(altered, subject, 'memory', 300), what);
        }
      });
    }
  });
}

describe('the requirements', () => {
  const lines = readFileSync(new URL('rows.txt', FOLDER), 'utf8').split('\n');
  const required = lines.filter((line) => line.endsWith(' | transcript')).map((line) => line.split(' ')[0] ?? '');
  for (const [protocol, prefix] of [
    [SMTP, 'SM-'],
    [LMTP, 'LM-'],
  ] as const) {
    it(`of ${protocol.name} are each shown by a dialog in it`, () => {
      const transcripts = [...transcriptsIn('both'), ...transcriptsIn(protocol.name.toLowerCase())];
      const shown = new Set(transcripts.flatMap(({ ids }) => ids));
      assert.deepEqual(
        required.filter((id) => id.startsWith(prefix) && !shown.has(id)),
        [],
      );
    });
  }
});
