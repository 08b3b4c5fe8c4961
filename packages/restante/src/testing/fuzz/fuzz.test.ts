import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corpus, type ProtocolName } from './corpus.ts';
import { fuzz, Inputs, targetOf, tried } from './fuzz.ts';
import { ReplyLines } from './reply-lines.ts';

const PROTOCOLS: readonly ProtocolName[] = ['pop3', 'smtp', 'lmtp'];

for (const protocol of PROTOCOLS) {
  test(`${protocol}: what is said in the transcripts, and inputs made out of it, are answered by the rules`, async () => {
    for (const input of corpus(protocol)) {
      assert.equal(await tried(targetOf(protocol), input, 0), undefined, JSON.stringify(input.map(String)));
    }
    const report = await fuzz({
      protocol,
      seed: 1,
      inputs: 400,
      milliseconds: Number.POSITIVE_INFINITY,
      guided: false,
    });
    assert.deepEqual(report.findings, []);
    assert.equal(report.inputs, 400);
  });
}

test('a seed and a lineage are one input', () => {
  for (const protocol of PROTOCOLS) {
    const [one, other] = [new Inputs(protocol, 7), new Inputs(protocol, 7)];
    for (const lineage of ['0', '12', '3.14.15', '12.907']) assert.deepEqual(one.of(lineage), other.of(lineage));
    assert.notDeepEqual(one.of('1'), new Inputs(protocol, 8).of('1'));
    assert.notDeepEqual(one.of('1.2'), one.of('2'));
  }
});

test('the rules are reached: letters come in and out, are marked, removed, refused and broken off', async () => {
  const states = new Set<string>();
  for (const protocol of PROTOCOLS) {
    for (const input of corpus(protocol)) await tried(targetOf(protocol), input, 0, states);
  }
  const due = [
    'TRANSACTION RETR',
    'TRANSACTION DELE',
    'TRANSACTION QUIT',
    'AUTHORIZATION AUTH',
    'SASL',
    'STLS',
    'STARTTLS',
    'RCPT DATA',
    'RCPT BDAT true 250',
    'CHUNKS BDAT true 250',
    'end quit',
    'end closed',
  ];
  assert.deepEqual(
    due.filter((state) => !states.has(state)),
    [],
  );
});

test('a line "." within a response, and an end that never comes, are seen', () => {
  assert.equal(new ReplyLines(Buffer.from('one\r\n..two\r\n.\r\n')).multiLine(), 'one\r\n.two\r\n');
  assert.equal(new ReplyLines(Buffer.from('.\r\n')).multiLine(), '');
  assert.equal(new ReplyLines(Buffer.from('one\r\n')).multiLine(), undefined);
});
