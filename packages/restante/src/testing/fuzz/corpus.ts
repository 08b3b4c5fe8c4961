import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseTranscript } from '@restante/pop/testing';

export type ProtocolName = 'pop3' | 'smtp' | 'lmtp';

/** What a client sends, write by write. */
export type Input = readonly Buffer[];

const PACKAGES = fileURLToPath(new URL('../../../../', import.meta.url));
const FOLDERS: Readonly<Record<ProtocolName, readonly string[]>> = {
  pop3: ['pop/transcripts'],
  smtp: ['restante/transcripts/smtp', 'restante/transcripts/both'],
  lmtp: ['restante/transcripts/lmtp', 'restante/transcripts/both'],
};

/** What clients say before a transcript begins, where it says that it begins further on. */
const BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  TRANSACTION: ['USER mrose\r\n', 'PASS secret\r\n'],
  READY: ['HELLO mx.example.org\r\n'],
  MAIL: ['HELLO mx.example.org\r\n', 'MAIL FROM:<chris@example.org>\r\n'],
  RCPT: ['HELLO mx.example.org\r\n', 'MAIL FROM:<chris@example.org>\r\n', 'RCPT TO:<pat@example.net>\r\n'],
  DATA: ['HELLO mx.example.org\r\n', 'MAIL FROM:<chris@example.org>\r\n', 'RCPT TO:<pat@example.net>\r\n', 'DATA\r\n'],
};

/** All that clients say in the transcripts of a protocol: a list of writes for each session. */
export function corpus(protocol: ProtocolName): readonly Input[] {
  const inputs: Input[] = [];
  for (const folder of FOLDERS[protocol]) {
    for (const file of globSync(join(PACKAGES, folder, '**/*.txt')).sort()) {
      if (basename(file) === 'rows.txt') continue;
      const transcript = parseTranscript(readFileSync(file, 'utf8'), file);
      const state = transcript.directives.find(({ name }) => name === 'state')?.value ?? '';
      const hello = protocol === 'smtp' ? 'EHLO' : 'LHLO';
      const beginning = (BEGINNINGS[state] ?? []).map((line) => Buffer.from(line.replace('HELLO', hello)));
      for (const steps of transcript.sessions) {
        const sent = steps.flatMap((step) => (step.type === 'send' ? [step.pieces] : []));
        const writes = sent.map((pieces) =>
          Buffer.from(pieces.map((piece) => (piece.type === 'octets' ? piece.octets : 'x')).join(''), 'latin1'),
        );
        // A transcript of a limit may be megabytes: one of these is enough for the network, and none for many inputs.
        const whole = writes.reduce((octets, { length }) => octets + length, 0);
        if (writes.length > 0 && whole <= 16_384) inputs.push([...beginning, ...writes]);
      }
    }
  }
  return inputs;
}
