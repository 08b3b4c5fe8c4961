import assert from 'node:assert/strict';
import { once } from 'node:events';
import { link, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { duplexPair, ManualClock, turns } from '@restante/pop/testing';
import { BEGIN, codes, office, PEER, talk } from '../testing/trial-office.ts';
import { lettersOf } from '../testing/trial-store.ts';
import { ListenAddressError } from './listen-address-error.ts';

describe('where LMTP listens', () => {
  const folder = mkdtemp(join(tmpdir(), 'restante-lmtp-'));
  after(async () => rm(await folder, { recursive: true }));

  async function greeting(address: { path: string } | { port: number; host: string }): Promise<string> {
    const socket: Socket = connect(address as never);
    const [octets] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return octets.toString();
  }

  it('is never port 25 (LM-01)', async () => {
    for (const address of [{ port: 25 }, { host: '127.0.0.1', port: 25 }]) {
      await assert.rejects(office().server.listen(address), {
        name: 'ListenAddressError',
        message: /port 25 belongs to SMTP/,
      });
    }
  });

  it('is any other port, or a unix socket that its group may write to', async () => {
    const { server } = office();
    const listening = await server.listen({ host: '127.0.0.1', port: 0 });
    assert.ok('port' in listening);
    assert.match(await greeting(listening), /^220 store\.example LMTP /);
    const path = join(await folder, 'a.sock');
    assert.deepEqual(await server.listen({ path }), { path });
    assert.equal((await stat(path)).mode & 0o777, 0o660);
    assert.match(await greeting({ path }), /^220 /);
    await server.close();
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  it('may be a socket file that a killed server left behind', async () => {
    const path = join(await folder, 'b.sock');
    const killed = createServer().listen(path);
    await once(killed, 'listening');
    // Closing a server removes its file, so the file is put back under its name: a socket on which nobody listens.
    await link(path, `${path}.kept`);
    killed.close();
    await once(killed, 'close');
    await link(`${path}.kept`, path);
    const { server } = office({ socketMode: 0o600 });
    await server.listen({ path });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.match(await greeting({ path }), /^220 /);
    await server.close();
  });

  it('is not a socket on which another server answers, nor a file that is none', async () => {
    const path = join(await folder, 'c.sock');
    const first = office().server;
    await first.listen({ path });
    await assert.rejects(office().server.listen({ path }), ListenAddressError);
    assert.match(await greeting({ path }), /^220 /);
    await first.close();
    const file = join(await folder, 'letters');
    await writeFile(file, 'precious');
    await assert.rejects(office().server.listen({ path: file }), { name: 'ListenAddressError', message: /no socket/ });
    assert.equal((await stat(file)).size, 8);
  });

  it('has no address of the peer in Received on a unix socket', async () => {
    const path = join(await folder, 'd.sock');
    const { server, store } = office();
    await server.listen({ path });
    const socket = connect(path);
    socket.end(`${BEGIN}.\r\nQUIT\r\n`).resume();
    await once(socket, 'close');
    await server.close();
    assert.match(lettersOf(store, 'pat')[0] ?? '', /^Received: from mx\.example\r\n\tby store\.example with LMTP/m);
  });
});

describe('each command is reported at its reply', () => {
  it('once, whatever it was, and the letter behind DATA is none', async () => {
    const commands: string[] = [];
    const at = office({
      onCommand: ({ keyword = 'none', outcome, milliseconds }) => {
        assert.ok(milliseconds >= 0);
        commands.push(`${keyword} ${outcome}`);
      },
    });
    const begin = BEGIN.replace('DATA', `RCPT TO:<nobody>\r\nEXPN all\r\n${'x'.repeat(3_000)}\r\nDATA`);
    await talk(at, begin, 'A: b\r\n\r\n.\r\nRCPT TO:<pat>\r\nQUIT\r\n');
    assert.deepEqual(commands.splice(0), [
      ...['LHLO ok', 'MAIL ok', 'RCPT ok', 'RCPT permanent', 'none permanent', 'none permanent', 'DATA ok'],
      ...['RCPT permanent', 'QUIT ok'],
    ]);
    at.accounts.down = true;
    await talk(at, 'LHLO mx.example\r\nMAIL FROM:<>\r\nRCPT TO:<pat>\r\n');
    assert.deepEqual(commands, ['LHLO ok', 'MAIL ok', 'RCPT temporary']);
  });
});

describe('a delivery is reported', () => {
  it('with what became of it for each recipient, and with the size that POP3 will tell (SM-68)', async () => {
    const at = office();
    at.store.commitFaults.set('green', 'over-quota');
    const begin = BEGIN.replace('RCPT TO:<pat>', 'RCPT TO:<Pat>\r\nRCPT TO:<jones>\r\nRCPT TO:<green@localhost>');
    assert.deepEqual(codes(await talk(at, begin, 'A: b\r\n\r\n..\r\n.\r\nQUIT\r\n')).slice(-3), [
      '250 2.0.0',
      '452 4.2.2',
      '221 2.0.0',
    ]);
    const [report] = at.deliveries;
    assert.ok(report);
    const [pat, green] = report.recipients;
    assert.equal(report.octets, 11);
    assert.equal(report.returnPath, 'chris@example.org');
    assert.equal(report.hello, 'mx.example');
    assert.equal(report.peer.address, '192.0.2.7');
    assert.equal(`${report.session}-1`, report.id);
    assert.deepEqual([pat?.address, pat?.maildrops, green?.address], ['Pat', ['pat'], 'green@localhost']);
    assert.deepEqual([pat?.rule, green?.rule], ['name', 'name']);
    assert.deepEqual(green?.outcome, {
      type: 'refused',
      why: 'over-quota',
      reason: 'over-quota, as the trial wants it',
    });
    const [letter = ''] = lettersOf(at.store, 'pat');
    assert.ok(pat?.outcome.type === 'placed');
    assert.deepEqual(
      pat.outcome.placed.map(({ octets }) => octets),
      [letter.length],
    );
    assert.match(letter, new RegExp(` id ${report.id}\r\n|;`));
  });

  it('and each session, however it ended', async () => {
    const at = office();
    await talk(at, `${BEGIN}A: b\r\n.\r\nRCPT TO:<x>\r\nMAIL FROM:<>\r\nRCPT TO:<x>\r\nQUIT\r\n`);
    await talk(at, `${BEGIN}half`);
    at.accounts.down = true;
    await talk(at, BEGIN);
    const told = at.sessions.map(({ end, commands, letters, placed, refusedRecipients, brokenOff, trouble }) => ({
      ...{ end, commands, letters, placed, refusedRecipients, brokenOff, trouble },
    }));
    assert.deepEqual(told, [
      { end: 'quit', commands: 8, letters: 1, placed: 1, refusedRecipients: 1, brokenOff: false, trouble: undefined },
      { end: 'closed', commands: 4, letters: 0, placed: 0, refusedRecipients: 0, brokenOff: true, trouble: undefined },
      {
        ...{ end: 'closed', commands: 4, letters: 0, placed: 0, refusedRecipients: 1, brokenOff: false },
        trouble: 'the index cannot be read',
      },
    ]);
    assert.equal(at.store.openMaildrop('pat').count, 1);
  });
});

describe('a connection that is lost behind the end of a letter', () => {
  it('leaves the letter delivered, once, and both are reported', async () => {
    const at = office();
    at.store.hold('pat');
    const [client, end] = duplexPair();
    at.server.accept(end, PEER);
    client.resume().write(`${BEGIN}A: b\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<green>\r\nDATA\r\n.\r\n`);
    while (!at.store.isHeld('pat')) await turns(1);
    client.destroy();
    await new Promise((resolve) => end.once('close', resolve));
    assert.equal(at.sessions.length, 0, 'what is under way belongs to the session');
    at.store.release('pat');
    await turns();
    assert.equal(lettersOf(at.store, 'pat').length, 1);
    assert.equal(lettersOf(at.store, 'green').length, 0, 'nothing that was not begun is begun now');
    assert.deepEqual(
      at.deliveries.map(({ recipients }) => recipients.map(({ outcome }) => outcome.type)),
      [['placed']],
    );
    assert.deepEqual(
      at.sessions.map((session) => ({ end: session.end, placed: session.placed, brokenOff: session.brokenOff })),
      [{ end: 'closed', placed: 1, brokenOff: false }],
    );
  });
});

describe('a peer that sends', () => {
  it('gets the replies to what it pipelined in one write (SM-41)', async () => {
    const at = office();
    const [client, end] = duplexPair();
    at.server.accept(end, PEER);
    const writes: string[] = [];
    client.on('data', (octets: Buffer) => writes.push(octets.toString('latin1')));
    client.write('LHLO mx\r\n');
    await turns();
    client.write(`MAIL FROM:<>\r\n${'RCPT TO:<pat>\r\n'.repeat(50)}DATA\r\n`);
    await turns();
    client.write('.\r\n');
    await turns();
    assert.deepEqual(
      writes.slice(2).map((write) => codes(write).length),
      [52, 50],
    );
    client.end();
    await once(client, 'close');
  });

  it('gets the answers of several recipients in one write when they are there together', async () => {
    const at = office();
    at.store.hold('green');
    const [client, end] = duplexPair();
    at.server.accept(end, PEER);
    const writes: string[] = [];
    client.on('data', (octets: Buffer) => writes.push(octets.toString('latin1')));
    client.write(`${BEGIN.replace('DATA', 'RCPT TO:<pat@localhost>\r\nRCPT TO:<green>\r\nDATA')}.\r\n`);
    await turns();
    assert.deepEqual(codes(writes.at(-1) ?? ''), ['250 2.0.0', '250 2.0.0'], 'LM-08: not held up by a slower third');
    at.store.release('green');
    await turns();
    assert.deepEqual(codes(writes.at(-1) ?? ''), ['250 2.0.0']);
    client.end();
    await once(client, 'close');
  });

  it('and does not read costs a bounded amount of memory', async () => {
    const at = office({ limits: { replyBacklog: 1000, pendingInput: 1000 } });
    const [client, end] = duplexPair({ highWaterMark: 100 }, { highWaterMark: 100 });
    at.server.accept(end, PEER);
    let taken = 0;
    const line = Buffer.from('HELP\r\n');
    client.on('error', () => {});
    const send = () => {
      client.write(line, (error) => {
        if (error) return;
        taken += 1;
        send();
      });
    };
    send();
    await turns(2000);
    const before = taken;
    await turns(2000);
    const later = taken;
    client.destroy();
    assert.equal(later, before, 'nothing more is read');
    assert.ok(later < 1000, `${later} commands were read`);
    await new Promise((resolve) => end.once('close', resolve));
  });

  it('faster than the store can write is held up, and the letter is whole', async () => {
    const at = office({ limits: { pendingInput: 5000 } });
    let writing = 0;
    const letter = Buffer.alloc(1_000_000, 'abcdefg\r\n');
    const begin = at.store.beginDelivery.bind(at.store);
    let resume = () => {};
    at.store.beginDelivery = (envelope) => {
      const delivery = begin(envelope);
      return {
        ...delivery,
        commit: () => delivery.commit(),
        abort: () => delivery.abort(),
        write: async (octets) => {
          writing += 1;
          assert.equal(writing, 1, 'one write at a time');
          await new Promise<void>((resolve) => {
            resume = resolve;
          });
          writing -= 1;
          await delivery.write(octets);
        },
      };
    };
    const [client, end] = duplexPair();
    at.server.accept(end, PEER);
    let said = '';
    client.on('data', (octets: Buffer) => {
      said += octets;
    });
    client.write(`${BEGIN}\r\n`);
    let sent = 0;
    const send = (from: number): void => {
      if (from >= letter.length) {
        client.end('\r\n.\r\n');
        return;
      }
      client.write(letter.subarray(from, from + 1000), () => {
        sent = from + 1000;
        send(from + 1000);
      });
    };
    send(0);
    await turns(500);
    const before = sent;
    await turns(500);
    assert.equal(sent, before, 'nothing more is read while the store writes');
    assert.ok(sent < 100_000, `${sent} octets were read`);
    const closed = once(client, 'close');
    let over = false;
    closed.then(() => {
      over = true;
    }, assert.fail);
    while (!over) {
      resume();
      await turns(1);
    }
    assert.equal(codes(said).at(-1), '250 2.0.0');
    assert.ok(lettersOf(at.store, 'pat')[0]?.endsWith(`\r\n\r\n${letter.toString()}\r\n`));
  });
});

describe('a letter that is known to be refused', () => {
  it('is not given to the store any further, and is read to its end (SM-21, SM-24)', async () => {
    for (const flaw of ['a\nb', 'a\rb', '\0']) {
      const at = office();
      const calls: string[] = [];
      at.store.beginDelivery = ({ recipients }) => ({
        write: (octets) => void calls.push(`write ${octets.length}`),
        commit: () => assert.fail(`commit for ${recipients.length}`),
        abort: async () => void calls.push('abort'),
      });
      const said = await talk(at, BEGIN, '\r\nbegins well\r\n', `${flaw}\r\n`, 'goes on\r\n', '.\r\nNOOP\r\n');
      assert.deepEqual(calls, ['write 15', 'abort'], flaw);
      assert.deepEqual(codes(said).slice(-2), [flaw === '\0' ? '554 5.6.0' : '550 5.5.2', '250 2.0.0']);
    }
  });
});

describe('the end of a server', () => {
  it('is told to those who wait, and waits for what is durable', async () => {
    const at = office({ clock: new ManualClock() });
    at.store.hold('pat');
    const idle = talk(at, 'LHLO mx\r\n');
    const [client, end] = duplexPair();
    at.server.accept(end, PEER);
    let said = '';
    client.on('data', (octets: Buffer) => {
      said += octets;
    });
    client.on('end', () => client.end());
    client.write(`${BEGIN}A: b\r\n.\r\n`);
    await turns(20);
    let closed = false;
    const close = at.server.close().then(() => {
      closed = true;
    });
    await turns(20);
    assert.equal(closed, false);
    at.store.release('pat');
    await close;
    await idle;
    assert.deepEqual(codes(said).slice(-2), ['250 2.0.0', '421 4.3.2']);
    assert.deepEqual(at.sessions.map((session) => session.end).sort(), ['closed', 'shutdown']);
  });
});

describe('a driver error', () => {
  it('ends the one connection, and is told', async () => {
    const at = office({
      routes: {
        resolve: () => {
          throw new Error('a bug');
        },
      },
    });
    assert.doesNotMatch(await talk(at, BEGIN), /354/);
    assert.equal(at.sessions[0]?.end, 'error');
    assert.match(at.sessions[0]?.reason ?? '', /a bug/);
  });
});
