import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { duplexPair, ManualClock, selfSignedCertificate } from '@restante/pop/testing';
import { codes, office, PEER, talk } from '../testing/trial-office.ts';
import { lettersOf } from '../testing/trial-store.ts';
import { SMTP } from './protocol.ts';

const BEGIN = 'EHLO mx.example\r\nMAIL FROM:<chris@example.org>\r\nRCPT TO:<pat>\r\nDATA\r\n';

describe('an SMTP server', () => {
  it('may be on port 25, which is its own', async () => {
    const { server } = office({ protocol: SMTP });
    const refused = await server.listen({ host: '192.0.2.1', port: 25 }).catch((error: NodeJS.ErrnoException) => error);
    // What the system says of an address that is not ours; nothing of ours stands before it.
    assert.ok('code' in refused && refused.code === 'EADDRNOTAVAIL', String(refused));
    await server.close();
  });

  it('tells how each letter came in its report, and of each session which protocol it was', async () => {
    const at = office({ protocol: SMTP });
    await talk(at, BEGIN, 'A: b\r\n.\r\nQUIT\r\n');
    assert.deepEqual(
      at.deliveries.map(({ with: by, recipients }) => [by, recipients.map(({ maildrops }) => maildrops)]),
      [['ESMTP', [['pat']]]],
    );
    assert.deepEqual(
      at.sessions.map(({ protocol, end, letters, placed }) => ({ protocol, end, letters, placed })),
      [{ protocol: 'smtp', end: 'quit', letters: 1, placed: 1 }],
    );
  });

  it('reports a recipient without room as refused, and a letter that failed in its chunks as refused for everybody', async () => {
    const at = office({ protocol: SMTP, limits: { letter: 100 } });
    at.store.quotas.set('green', { left: 0, most: 1 });
    const begin = BEGIN.replace('DATA\r\n', 'RCPT TO:<green>\r\n');
    const said = codes(
      await talk(at, begin, 'BDAT 3\r\na\r\n', `BDAT 98\r\n${'x'.repeat(98)}`, 'BDAT 0 LAST\r\nQUIT\r\n'),
    );
    assert.deepEqual(said.slice(-6), ['250 2.1.5', '452 4.2.2', '250 2.0.0', '552 5.3.4', '503 5.5.1', '221 2.0.0']);
    const outcomes = at.deliveries.flatMap(({ recipients }) => recipients.map(({ outcome }) => outcome.type));
    assert.deepEqual(outcomes, ['refused']);
    assert.deepEqual(
      at.sessions.map(({ refusedRecipients, placed, brokenOff, trouble }) => ({
        refusedRecipients,
        placed,
        brokenOff,
        trouble,
      })),
      [{ refusedRecipients: 1, placed: 0, brokenOff: false, trouble: 'over-quota, as the trial wants it' }],
    );
    assert.equal(at.store.reservations, 0);
  });

  it('that is told to close finishes a letter whose last chunk it has, and drops one whose last is to come', async () => {
    const at = office({ protocol: SMTP });
    const begin = BEGIN.replace('DATA\r\n', 'BDAT 3\r\na\r\n');
    at.store.hold('pat');
    const [whole, half] = [0, 1].map(() => {
      const [client, end] = duplexPair();
      at.server.accept(end, PEER);
      return { client, said: gather(client) };
    });
    whole?.client.write(`${begin}BDAT 0 LAST\r\n`);
    half?.client.write(begin);
    await until(() => at.store.isHeld('pat') && /chunk/.test(half?.said() ?? ''));
    const closed = at.server.close();
    at.store.release('pat');
    await closed;
    assert.deepEqual(codes(whole?.said() ?? '').slice(-2), ['250 2.0.0', '421 4.3.2']);
    assert.deepEqual(codes(half?.said() ?? '').slice(-2), ['250 2.0.0', '421 4.3.2']);
    assert.equal(lettersOf(at.store, 'pat').length, 1);
    assert.equal(at.store.reservations, 0);
  });
});

describe('connections', () => {
  it('have a limit of their own, and one for each address; loopback is exempt from that', async () => {
    const at = office({ protocol: SMTP, limits: { connections: 3, connectionsPerAddress: 1 } });
    const greeted = async (address: string, loopback = false) => {
      const [client, end] = duplexPair();
      const said = gather(client);
      at.server.accept(end, { ...PEER, address, loopback });
      await until(() => said().endsWith('\r\n'));
      return said().slice(0, 3);
    };
    assert.equal(await greeted('192.0.2.7'), '220');
    assert.equal(await greeted('192.0.2.7'), '421');
    assert.equal(await greeted('192.0.2.8'), '220');
    assert.equal(await greeted('127.0.0.1', true), '220');
    assert.equal(await greeted('127.0.0.1', true), '421');
    await at.server.close();
  });
});

describe('connections from this machine', () => {
  it('count like any other where loopback is not exempt', async () => {
    const at = office({ protocol: SMTP, limits: { connectionsPerAddress: 1 }, loopbackExempt: false });
    const greeted = async () => {
      const [client, end] = duplexPair();
      const said = gather(client);
      at.server.accept(end, { ...PEER, address: '127.0.0.1', loopback: true });
      await until(() => said().endsWith('\r\n'));
      return said().slice(0, 3);
    };
    assert.equal(await greeted(), '220');
    assert.equal(await greeted(), '421');
    await at.server.close();
  });
});

describe('STARTTLS over TCP (SM-16)', () => {
  const { cert, key } = selfSignedCertificate();

  it('takes a letter inside TLS, and says so', async () => {
    const at = office({ protocol: SMTP, tls: { cert, key } });
    const listening = await at.server.listen({ host: '127.0.0.1', port: 0 });
    assert.ok('port' in listening);
    const clear = connect(listening.port, '127.0.0.1');
    const before = gather(clear);
    clear.write('EHLO mx.example\r\nSTARTTLS\r\n');
    await until(() => before().includes('220 2.0.0'));
    clear.removeAllListeners('data');
    const client = connectTls({ socket: clear, ca: cert, servername: 'localhost' });
    const said = gather(client);
    await once(client, 'secureConnect');
    client.write(`${BEGIN}A: b\r\n.\r\nQUIT\r\n`);
    await once(client, 'close');
    assert.deepEqual(codes(said()).slice(-2), ['250 2.0.0', '221 2.0.0']);
    assert.match(lettersOf(at.store, 'pat')[0] ?? '', /with ESMTPS id \S+\r\n\tfor <pat> tls TLS_[A-Z0-9_]+; /);
    assert.match(at.deliveries[0]?.peer.tls?.version ?? '', /^TLSv1\.[23]$/);
    await at.server.close();
  });

  for (const [what, words, reason] of [
    ['goes', '', /^the peer closed during the TLS handshake$/],
    ['says a command in the clear', 'MAIL FROM:<chris@example.org>\r\n', /^TLS handshake: [^\r\n]+$/],
  ] as const) {
    it(`ends at once, in one report, where the client ${what} instead of a handshake`, {
      timeout: 20_000,
    }, async () => {
      const at = office({ protocol: SMTP, tls: { cert, key }, clock: new ManualClock() });
      const listening = await at.server.listen({ host: '127.0.0.1', port: 0 });
      assert.ok('port' in listening);
      const client = connect({ port: listening.port, host: '127.0.0.1', allowHalfOpen: true });
      client.on('error', () => {});
      const said = gather(client);
      client.write('EHLO mx.example\r\nSTARTTLS\r\n');
      await until(() => said().includes('220 2.0.0'));
      const clear = said().length;
      if (words === '') client.end();
      else client.write(words);
      await until(() => at.sessions.length > 0);
      await at.server.close({ deadline: 60_000 });
      assert.deepEqual(
        at.sessions.map(({ end }) => end),
        ['error'],
      );
      assert.match(at.sessions[0]?.reason ?? '', reason);
      assert.doesNotMatch(said().slice(clear), /\d{3} /);
      client.destroy();
    });
  }

  it('waits for a handshake no longer than its limit', async () => {
    const clock = new ManualClock();
    const at = office({ protocol: SMTP, tls: { cert, key }, clock, limits: { handshake: 1000 } });
    const [client, end] = duplexPair();
    const said = gather(client);
    at.server.accept(end, PEER);
    client.write('EHLO mx.example\r\nSTARTTLS\r\n');
    await until(() => said().includes('220 2.0.0'));
    await clock.advance(1000);
    await until(() => at.sessions.length === 1);
    assert.deepEqual(
      at.sessions.map(({ end: how, reason }) => [how, reason]),
      [['error', 'no TLS handshake within 1000 ms']],
    );
  });
});

function gather(stream: NodeJS.ReadableStream): () => string {
  let said = '';
  stream.on('data', (octets: Buffer) => {
    said += octets.toString('latin1');
  });
  return () => said;
}

/** Gives what is under way its turns until this holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
