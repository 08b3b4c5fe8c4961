import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Failure } from '../failure.ts';
import type { Office } from '../office.ts';
import { connectOffice, type OpenOffice } from './client.ts';
import { ControlServer, controlSocket } from './server.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA';

let root: string;
let opened: (ControlServer | OpenOffice)[] = [];

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'restante-control-'));
});
afterEach(async () => {
  for (const each of opened.reverse()) await each.close();
  opened = [];
});
after(() => rm(root, { recursive: true }));

/** An office that writes down what it was asked. */
function fakeOffice(answers: Partial<Record<keyof Office, () => unknown>> = {}) {
  const asked: [string, unknown][] = [];
  const office = new Proxy({} as Office, {
    get: (_, verb: keyof Office) => async (request: unknown) => {
      asked.push([verb, request]);
      return answers[verb]?.();
    },
  });
  return { asked, office };
}

async function open(data: string, office: Office, errors: unknown[] = []): Promise<OpenOffice> {
  mkdirSync(data, { recursive: true });
  opened.push(await ControlServer.open({ data, office, onError: (thrown) => errors.push(thrown) }));
  const client = await connectOffice(data);
  assert.ok(client);
  opened.push(client);
  return client;
}

test('what is asked reaches the office, and its answer comes back', async () => {
  const status = { open: true, data: 'd', accounts: 1, letters: 2, octets: 3, sessions: 4 };
  const { asked, office } = fakeOffice({ status: () => status });
  const client = await open(join(root, 'plain'), office);
  assert.deepEqual(await client.status({}), status);
  await client.addAccount({ name: 'anna', addresses: ['anna@example.org'], passwordHash: HASH });
  await Promise.all([client.setDisabled({ name: 'anna', disabled: true }), client.removeAccount({ name: 'anna' })]);
  assert.deepEqual(asked.slice(1), [
    ['addAccount', { name: 'anna', addresses: ['anna@example.org'], passwordHash: HASH }],
    ['setDisabled', { name: 'anna', disabled: true }],
    ['removeAccount', { name: 'anna' }],
  ]);
});

test('a failure that can be mended comes back whole; anything else only goes to the log', async () => {
  const errors: unknown[] = [];
  const { office } = fakeOffice({
    showAccount: () => {
      throw new Failure('there is no account anna');
    },
    status: () => {
      throw new Error('the disk is on fire');
    },
  });
  const client = await open(join(root, 'failures'), office, errors);
  await assert.rejects(client.showAccount({ name: 'anna' }), /^Failure: there is no account anna$/);
  await assert.rejects(client.status({}), /^Failure: .*log says why/);
  assert.match(String(errors), /the disk is on fire/);
});

test('a long answer comes whole', async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => ({ name: `account-${index}`, addresses: [] }));
  const { office } = fakeOffice({ listAccounts: () => many });
  const client = await open(join(root, 'long'), office);
  assert.deepEqual(await client.listAccounts({}), many);
});

test('the socket is for its owner only, and works in a folder however deep', async (t) => {
  const temporary = join(root, 'tmp');
  mkdirSync(temporary);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporary;
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  const deep = join(root, ...Array.from({ length: 12 }, (_, index) => `a-folder-with-a-long-name-${index}`));
  const { office } = fakeOffice({ status: () => 'here' });
  const client = await open(deep, office);
  assert.ok(Buffer.byteLength(controlSocket(deep)) > 250);
  assert.equal(statSync(controlSocket(deep)).mode & 0o777, 0o600);
  assert.equal(await client.status({}), 'here');
  assert.deepEqual(readdirSync(temporary), [], 'the way round a long path is cleared away');
});

test('where nothing listens there is no office: no socket, a stale one, no folder', async () => {
  const data = join(root, 'stale');
  mkdirSync(data);
  assert.equal(await connectOffice(data), undefined);
  assert.equal(await connectOffice(join(data, 'none')), undefined);
  writeFileSync(controlSocket(data), '');
  assert.equal(await connectOffice(data), undefined);
  const { office } = fakeOffice();
  await open(data, office);
});

test('closing finishes what is under way, and removes the socket', async () => {
  const data = join(root, 'closing');
  const work = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const { office } = fakeOffice({
    status: () => {
      begun.resolve();
      return work.promise;
    },
  });
  const client = await open(data, office);
  const answer = client.status({});
  await begun.promise;
  const closed = (opened[0] as ControlServer).close();
  assert.ok(!existsSync(controlSocket(data)));
  work.resolve('done');
  assert.equal(await answer, 'done');
  await closed;
  await assert.rejects(client.status({}), /^Failure: the office closed/);
});

test('what no command line of ours would send is refused and harms nobody', async () => {
  const data = join(root, 'hostile');
  const { asked, office } = fakeOffice({ status: () => 'fine' });
  const client = await open(data, office);
  const answerTo = async (line: string): Promise<string> => {
    const socket = connect(controlSocket(data));
    socket.write(`${line}\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return answer.toString();
  };
  for (const line of [
    'nonsense',
    '[]',
    '{"ask":"constructor","with":{}}',
    '{"ask":"__proto__","with":{}}',
    '{"ask":"showAccount","with":{"name":7}}',
    '{"ask":"setPassword","with":{"name":"anna","passwordHash":"plain"}}',
    '{"ask":"backup","with":{"directory":"relative"}}',
    '{"ask":"status","with":{"more":1}}',
  ]) {
    assert.match(await answerTo(line), /"type":"failure"/, line);
  }
  assert.deepEqual(asked, []);

  const flood = connect(controlSocket(data));
  flood.on('error', () => {});
  flood.write(Buffer.alloc(1_000_000, 'x'));
  await new Promise((resolve) => flood.once('close', resolve));
  assert.equal(await client.status({}), 'fine');
});
