import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { createPop3Server } from '@restante/pop/server';
import { selfSignedCertificate } from '@restante/pop/testing';
import { readSettings } from '../config/read-settings.ts';
import { createLog } from '../observe/log.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { makeSelfSigned } from '../tls/self-signed.ts';
import { POLL, SETTLE } from '../tls/watch-files.ts';
import { openCertificates } from './certificates.ts';

const root = mkdtempSync(join(tmpdir(), 'restante-in-force-'));
after(() => rmSync(root, { recursive: true }));

let places = 0;
function place(): string {
  const made = join(root, String(places++));
  mkdirSync(made);
  return made;
}

async function pairIn(folder: string, name = 'post.example') {
  mkdirSync(folder, { recursive: true });
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await makeSelfSigned(files, name);
  return files;
}

/** Certificates in force, a POP3 server that uses them, and what the log says. */
async function office(t: TestContext, text: string, data = place()) {
  const read = readSettings({ text, folder: root });
  assert.ok(read.type === 'settings', JSON.stringify(read));
  const lines: string[] = [];
  const log = createLog('debug', { write: (line: string) => lines.push(line) });
  const clock = new HandClock();
  const inForce = await openCertificates({ data, settings: read.settings, hostname: 'post.example', log, clock });
  const server = createPop3Server({
    authenticate: () => ({ type: 'refused' }),
    openMaildrop: () => {
      throw new Error('nobody logs in here');
    },
    tls: inForce.certificates.source,
  });
  const secure = await server.listen({ host: '127.0.0.1', port: 0 }, { secure: true });
  const plain = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    inForce.close();
    await server.close({ deadline: 0 });
  });
  const said = () => lines.join('');
  return { data, clock, inForce, secure: secure as { port: number }, plain: plain as { port: number }, log: said };
}

/** A session with TLS, with its greeting read. */
async function session(t: TestContext, port: number, servername = 'post.example'): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  t.after(() => socket.destroy());
  await once(socket, 'data');
  // The server may be closed before it.
  socket.on('error', () => {});
  return socket;
}

function shown(socket: TLSSocket): string {
  const { raw } = socket.getPeerCertificate();
  return raw.toString('base64');
}

function inFile(path: string): string {
  return readFileSync(path, 'latin1').replace(/-----[^-]+-----|\s/g, '');
}

async function alive(socket: TLSSocket): Promise<void> {
  socket.write('NOOP\r\n');
  const [reply] = (await once(socket, 'data')) as [Buffer];
  assert.match(reply.toString(), /^-ERR/, 'a reply, before login');
}

test('a certificate that is renewed is shown to whoever calls from then on; no session is dropped', async (t) => {
  const files = await pairIn(place());
  const { clock, secure, log } = await office(t, `tls.cert = "${files.cert}"\ntls.key = "${files.key}"`);
  const before = await session(t, secure.port);
  assert.equal(shown(before), inFile(files.cert));
  await makeSelfSigned(files, 'post.example');
  assert.notEqual(inFile(files.cert), shown(before));
  await until(clock, log, /is a new one, good until \d{4}-/);
  assert.equal(shown(await session(t, secure.port)), inFile(files.cert));
  await alive(before);
});

test("Let's Encrypt renews: links in live/ are replaced one after the other", async (t) => {
  const at = place();
  const [first, second] = [await pairIn(join(at, 'archive', '1')), await pairIn(join(at, 'archive', '2'))];
  const live = join(at, 'live');
  mkdirSync(live);
  const link = (name: 'cert' | 'key', to: string) => {
    symlinkSync(to, join(live, `${name}.new`));
    renameSync(join(live, `${name}.new`), join(live, `${name}.pem`));
  };
  link('cert', first.cert);
  link('key', first.key);
  const cert = join(live, 'cert.pem');
  const { clock, secure, log } = await office(t, `tls.cert = "${cert}"\ntls.key = "${join(live, 'key.pem')}"`);
  link('cert', second.cert);
  await until(clock, log, /is not the key of .*stays in force/);
  assert.equal(shown(await session(t, secure.port)), inFile(first.cert), 'half of the pair is not taken');
  link('key', second.key);
  await until(clock, log, /is a new one/);
  assert.equal(shown(await session(t, secure.port)), inFile(second.cert));
  assert.equal(log().match(/stays in force/g)?.length, 1, 'once a change');
});

test('asked to (SIGHUP), it says of each certificate what became of it', async (t) => {
  const files = await pairIn(place());
  const { inForce, secure, log } = await office(t, `tls.cert = "${files.cert}"\ntls.key = "${files.key}"`);
  await inForce.reread();
  assert.match(log(), /is the same as before/);
  const key = readFileSync(files.key, 'utf8');
  writeFileSync(files.key, key.slice(0, 60));
  await inForce.reread();
  await inForce.reread();
  assert.equal(log().match(/not whole; the certificate before it stays in force/g)?.length, 2);
  assert.ok(!log().includes(key.split('\n')[1]?.slice(0, 20) ?? 'none'), 'nothing of the key is in the log');
  await session(t, secure.port);
});

test('several names (SNI, TLS-19), inside TLS from the first octet and by STLS', async (t) => {
  const [one, two] = [await pairIn(place(), 'one.test'), await pairIn(place(), '*.two.test')];
  const also = `[[tls.also]]\ncert = "${two.cert}"\nkey = "${two.key}"`;
  const { secure, plain } = await office(t, `tls.cert = "${one.cert}"\ntls.key = "${one.key}"\n${also}`);
  assert.equal(shown(await session(t, secure.port, 'one.test')), inFile(one.cert));
  assert.equal(shown(await session(t, secure.port, 'pop.two.test')), inFile(two.cert));
  assert.equal(shown(await session(t, secure.port, 'elsewhere.test')), inFile(one.cert));
  assert.equal(shown(await session(t, secure.port, '')), inFile(one.cert));

  const raw = connectPlain(plain.port, '127.0.0.1');
  await once(raw, 'data');
  raw.write('STLS\r\n');
  await once(raw, 'data');
  const inside = connect({ socket: raw, servername: 'mail.two.test', rejectUnauthorized: false });
  t.after(() => inside.destroy());
  await once(inside, 'secureConnect');
  // The server may be closed before it.
  inside.on('error', () => {});
  assert.equal(shown(inside), inFile(two.cert));
});

test('an unknown name can be refused (TLS-19)', async (t) => {
  const { secure } = await office(t, 'tls.unknown_name = "refuse"');
  await session(t, secure.port, 'localhost');
  const socket = connect({
    host: '127.0.0.1',
    port: secure.port,
    servername: 'elsewhere.test',
    rejectUnauthorized: false,
  });
  const [error] = (await once(socket, 'error')) as [Error & { code: string }];
  assert.match(error.code, /UNRECOGNIZED_NAME/i);
});

test('TLS 1.3 only, where that is set', async (t) => {
  const { secure } = await office(t, 'tls.minimum_version = "1.3"');
  assert.equal((await session(t, secure.port)).getProtocol(), 'TLSv1.3');
  const socket = connect({ host: '127.0.0.1', port: secure.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  const [error] = (await once(socket, 'error')) as [Error & { code: string }];
  assert.match(error.code, /PROTOCOL_VERSION/);
});

test('a certificate of our own is renewed while it is still good, with the key it has', async (t) => {
  const data = place();
  const files = { cert: join(data, 'tls', 'cert.pem'), key: join(data, 'tls', 'key.pem') };
  const now = Date.now();
  const year = 365 * 86_400_000;
  await makeSelfSigned(files, 'post.example', { now: now - 10 * year + 6 * 86_400_000 });
  const oldKey = readFileSync(files.key, 'utf8');
  const { secure, log, inForce } = await office(t, '', data);
  assert.match(log(), /about to run out and was renewed: give it anew/);
  assert.equal(readFileSync(files.key, 'utf8'), oldKey);
  assert.ok(inForce.certificates.first.validUntil > now + 9 * year);
  const ca = readFileSync(files.cert);
  const socket = connect({ host: '127.0.0.1', port: secure.port, servername: 'post.example', ca });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  assert.ok(socket.authorized);
});

test("somebody else's certificate in its place is theirs to renew", async (t) => {
  const data = place();
  const files = await pairIn(join(data, 'tls'));
  // Good for a day, for localhost, and its own authority: but not made here.
  const other = selfSignedCertificate();
  writeFileSync(files.cert, other.cert);
  writeFileSync(files.key, other.key);
  const { log } = await office(t, '', data);
  assert.doesNotMatch(log(), /renewed/);
  assert.equal(readFileSync(files.cert, 'utf8'), other.cert);
});

/** Time goes by until the log says this. */
async function until(clock: HandClock, log: () => string, what: RegExp): Promise<void> {
  while (!what.test(log())) {
    const timer = clock.pending.find((milliseconds) => milliseconds === SETTLE || milliseconds === POLL);
    if (timer !== undefined) await clock.ring(timer);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
