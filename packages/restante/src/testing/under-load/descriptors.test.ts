import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { LmtpClient } from '../lmtp-client.ts';
import { lmtpDoor } from '../office.ts';
import { recogniseLetter, writeLetter } from '../oracle/letter.ts';
import { Pop3Client, Pop3Refusal } from '../pop3-client.ts';
import { RunningOffice } from '../running-office.ts';

const PASSWORD = 'no more than so many';
/** What the office may have open, some 45 of them for itself. */
const DESCRIPTORS = 100;
const CALLERS = 150;

suite('no descriptors left', () => {
  test('those who are connected are served, others are turned away, nothing is lost, and it goes on afterwards', async (t) => {
    const office = await RunningOffice.start({ descriptors: DESCRIPTORS });
    t.after(() => office.close());
    await office.addAccount('anna', PASSWORD);
    const lmtp = await LmtpClient.connect(lmtpDoor(office));
    const reader = await Pop3Client.connect(office.place('plain'));
    const accepted: string[] = [];
    const send = async (name: string, octets = 3_000) => {
      const { content } = writeLetter(name, octets);
      const [[answer] = []] = await lmtp.sendAll([{ to: ['anna'], octets: content }]);
      // 4xx: the sender has it and tries again.
      if (answer?.code === 250) accepted.push(name);
      else assert.match(String(answer?.code), /^4/, answer?.text);
    };
    await send('before');

    const callers = Array.from({ length: CALLERS }, () => connect(office.pop3));
    const greetings = await Promise.all(callers.map(greeting));
    const served = greetings.filter((each) => each.startsWith('+OK'));
    assert.ok(served.length > 0 && served.length < CALLERS, `${served.length} of ${CALLERS} were let in`);
    for (const each of greetings)
      assert.match(each, /^(\+OK .*|-ERR .*|)$/, 'a greeting, a refusal, or the connection was closed');

    for (let sent = 0; sent < 5; sent += 1) await send(`meanwhile-${sent}`);
    // It has to have a file of its own.
    await send('large', 1_300_000);
    await reader.login('anna', PASSWORD);
    const listed = await reader.list();
    assert.equal(listed.size, accepted.length);
    for (const number of listed.keys()) {
      const letter = await reader.retrieve(number).catch(temporary);
      if (letter !== undefined) assert.equal(recogniseLetter(letter)?.name, accepted[number - 1]);
    }

    for (const caller of callers) caller.destroy();
    await send('after');
    assert.equal(accepted.at(-1), 'after');
    const next = await free(office);
    const found: string[] = [];
    for (const number of (await next.list()).keys()) {
      found.push(recogniseLetter(await next.retrieve(number))?.name ?? '?');
    }
    assert.deepEqual(found, accepted);
    await next.quit();
    await reader.quit();
    await lmtp.quit();
    const { status, stderr } = await office.verb(['verify']);
    assert.equal(status, 0, stderr);
    t.diagnostic(`${served.length} of ${CALLERS} let in, ${accepted.length} of 8 letters taken, ${found.length} there`);
  });
});

/** A file that cannot be opened now is no letter that is not there. */
function temporary(error: unknown): undefined {
  assert.ok(error instanceof Pop3Refusal && error.text.startsWith('[SYS/TEMP]'), String(error));
}

/** The first that the office says; nothing where it closes without a word. */
async function greeting(socket: Socket): Promise<string> {
  socket.on('error', () => {});
  const said = once(socket, 'data').then(([octets]: Buffer[]) => octets?.toString('latin1').trimEnd() ?? '');
  const closed = once(socket, 'close').then(() => '');
  return Promise.race([said.catch(() => ''), closed]);
}

/** As soon as those who have gone are gone there too. */
async function free(office: RunningOffice): Promise<Pop3Client> {
  for (;;) {
    try {
      const client = await Pop3Client.connect(office.place('plain'));
      await client.login('anna', PASSWORD);
      return client;
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
  }
}
