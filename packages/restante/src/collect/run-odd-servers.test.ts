import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { Calls, fresh, headerOf, letterOf, listed, loggedIn, sizes } from './run/calls.test-support.ts';
import { DELETE, KEEP, letter, World } from './run/run.test-support.ts';

const login = loggedIn('UIDL', 'TOP');
const bye = '\nC: QUIT\nS: +OK';

describe('a server without unique-ids and headers (EXT-31)', () => {
  test('has a letter that is held: it is known by its octets, reported, and never deleted', async () => {
    const world = new World();
    const octets = 'Message-ID: <letter-1@example.org>\r\n\r\n';
    const sha256 = createHash('sha256').update(octets).digest('hex');
    const of = { octets: octets.length, sha256, fingerprint: '~', headersOnly: false };
    world.journal.write(
      [
        { type: 'listed', key: ` ${sha256}`, uniqueId: undefined, declaredOctets: 38, at: 1 },
        { type: 'fetching', key: ` ${sha256}` },
        { type: 'staged', key: ` ${sha256}`, ...of, place: 'there', destination: 'another:' },
        { type: 'held', key: ` ${sha256}`, why: 'nobody knows what came of it' },
      ],
      { begun: 1 },
    );
    const script = `${loggedIn()}
      C: STAT
      S: +OK 1 38
      C: UIDL
      S: -ERR what?
      C: LIST
      S: +OK
      S: 1 38
      S: .
      C: TOP 1 0
      S: -ERR what?${letterOf(1)}${bye}`;
    const calls = new Calls(script);
    const report = await world.run(DELETE, { connect: calls.connect });
    assert.deepEqual(
      [report.error, report.result, report.kept, report.deleted, report.held, report.failed],
      [undefined, 'partly', 0, 0, 1, 0],
    );
    assert.equal(world.journal.letter(` ${sha256}`)?.state, 'held');
    await calls.finished();
  });

  test('and one that is always larger than LIST says does not keep it busy for ever', async () => {
    const world = new World();
    const large = `C: TOP 1 0\nS: -ERR what?\nC: TOP 2 0\nS: -ERR what?
      C: RETR 1\nS> +OK\nS> Subject: large${'\nS: {x*900}'.repeat(4)}`;
    const noUidl = '\nC: UIDL\nS: -ERR what?';
    const first = `${loggedIn()}${sizes(2)}${noUidl}\n${large}`;
    const again = `${loggedIn()}\nC: STAT\nS: +OK 2 76${noUidl}${sizes(2)}\n${large}`;
    const calls = new Calls(first, ...Array.from({ length: 60 }, () => again));
    const policy = { ...KEEP, largest: { octets: 500, larger: 'skip' } } as const;
    const report = await world.run(policy, { connect: calls.connect, server: { limits: { drain: 10 } } });
    assert.deepEqual([report.result, report.kept], ['partly', 0]);
    assert.match(report.error ?? '', /not done after/);
    assert.ok(calls.peers.length <= 20, `${calls.peers.length} sessions`);
  });
});

test('letters larger than they were said to be, one session each, do not keep the others from coming', async () => {
  const world = new World();
  const ids = ['a', 'b', 'c', 'd', 'e'] as const;
  const tooLarge = (number: number) => `\nC: RETR ${number}\nS> +OK\nS> Subject: large${'\nS: {x*900}'.repeat(4)}`;
  const all = (...sessions: readonly string[]) =>
    sessions.map((rest, index) => `${login}${index === 0 ? fresh(...ids) : listed(...ids)}${rest}`);
  const calls = new Calls(
    ...all(
      tooLarge(1),
      tooLarge(2),
      tooLarge(3),
      tooLarge(4),
      `${letterOf(5)}${tooLarge(1)}`,
      `${tooLarge(2)}`,
      `${tooLarge(3)}`,
      `${tooLarge(4)}`,
      bye,
    ),
  );
  const policy = { ...KEEP, largest: { octets: 500, larger: 'skip' } } as const;
  const report = await world.run(policy, { connect: calls.connect, server: { limits: { drain: 10 } } });
  assert.deepEqual([report.kept, report.failed], [1, 4]);
});

test('a connection that breaks at DELE took nothing away: it is done again at once, and nobody is left in doubt (P3-60)', async () => {
  const world = new World();
  const calls = new Calls(
    `${login}${fresh('a')}${letterOf(1)}\nC: DELE 1\nDROP`,
    `${login}${listed('a')}${sizes(1)}${headerOf(1)}\nC: DELE 1\nS: +OK${bye}`,
  );
  const report = await world.run(DELETE, { connect: calls.connect });
  assert.deepEqual([report.error, report.result, report.kept, report.deleted], [undefined, 'done', 1, 1]);
  await calls.finished();
});

test('a server that breaks off whenever something is deleted does not keep new letters from coming', async () => {
  const world = new World();
  await world.run(KEEP, { connect: new Calls(`${login}${fresh('a')}${letterOf(1)}${bye}`).connect });
  const breaks = `${login}${listed('a', 'b')}${sizes(2)}${headerOf(1)}\nC: DELE 1\nDROP`;
  const fetches = `${login}${listed('a', 'b')}${letterOf(2)}${bye}`;
  const later = `${login}${listed('a', 'b')}${sizes(2)}${headerOf(1)}${headerOf(2)}\nC: DELE 1\nDROP`;
  const nothing = `${login}${listed('a', 'b')}${bye}`;
  const calls = new Calls(breaks, fetches, later, nothing, later, nothing);
  const report = await world.run(DELETE, { connect: calls.connect });
  assert.deepEqual([report.result, report.kept, report.deleted], ['network', 1, 0]);
  assert.equal(world.disk.all.length, 2);
});

test('however many sessions it takes: as long as each brings something, the run goes on', async () => {
  const world = new World();
  await world.elsewhere.deliver(...Array.from({ length: 250 }, (_, index) => letter(`letter ${index}`)));
  const report = await world.run({ ...DELETE, commitEvery: 2 });
  assert.deepEqual([report.error, report.result, report.deleted], [undefined, 'done', 250]);
  assert.ok(world.elsewhere.calls >= 125, `${world.elsewhere.calls} sessions`);
});
