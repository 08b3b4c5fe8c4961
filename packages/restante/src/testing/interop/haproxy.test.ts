import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Address, freePort } from '../connection.ts';
import { HaProxy } from '../haproxy.ts';
import { LmtpClient } from '../lmtp-client.ts';
import { Pop3Client } from '../pop3-client.ts';
import { RunningOffice } from '../running-office.ts';
import { SmtpClient } from '../smtp-client.ts';
import { traceAbove } from '../trace-fields.ts';
import { withoutPeers } from './peer-program.ts';
import { changed } from './recipe.ts';

const PASSWORD = 'by proxy';
const LETTER = Buffer.from('Subject: by proxy\r\n\r\nA letter.\r\n');

/** docs/behind-a-proxy.md: what an operator reads is what is tested. */
const PAGE = readFileSync(fileURLToPath(new URL('../../../../../docs/behind-a-proxy.md', import.meta.url)), 'utf8');
const block = (language: string): string => {
  const [, found] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(PAGE) ?? [];
  if (found === undefined) throw new Error(`docs/behind-a-proxy.md has no ${language}`);
  return found;
};
const VERSION_2 = 'send-proxy-v2 proxy-v2-options crc32c';

for (const version of [1, 2]) {
  suite(`HAProxy before the office, version ${version}`, {
    skip: withoutPeers(HaProxy.isInstalled(), 'haproxy'),
  }, () => {
    let office: RunningOffice;
    let proxy: HaProxy;
    const doors: Record<'pop3' | 'pop3s' | 'smtp' | 'lmtp', Address> = Object.create(null);

    before(async () => {
      const settings = changed(block('toml'), /^listeners.*\n/m, '');
      office = await RunningOffice.start({ config: settings });
      await office.addAccount('alice', PASSWORD);
      let configuration = block('haproxy');
      // LMTP too, which the page leaves to who knows that he wants it.
      const smtp = configuration.slice(configuration.indexOf('listen smtp'));
      configuration += `\n${smtp.replace('listen smtp', 'listen lmtp').replace(':25', ':24').replace('1025', '1024')}`;
      for (const [door, port] of [
        ['pop3', 110],
        ['pop3s', 995],
        ['smtp', 25],
        ['lmtp', 24],
      ] as const) {
        doors[door] = { host: '127.0.0.1', port: await freePort() };
        configuration = changed(
          configuration,
          `bind :${port}\n`,
          `bind 127.0.0.1:${doors[door].port}\n    bind [::1]:${doors[door].port}\n`,
        );
      }
      configuration = changed(configuration, '127.0.0.1:1110', `127.0.0.1:${office.pop3.port}`);
      configuration = changed(configuration, '127.0.0.1:1995', `127.0.0.1:${office.pop3s.port}`);
      configuration = changed(configuration, '127.0.0.1:1025', `127.0.0.1:${office.smtp.port}`);
      configuration = changed(configuration, '127.0.0.1:1024', `127.0.0.1:${office.lmtp.port}`);
      if (version === 1) configuration = configuration.replaceAll(VERSION_2, 'send-proxy');
      proxy = await HaProxy.start(configuration);
    });
    after(async () => {
      await proxy?.stop();
      await office?.close();
    });

    /** The line of the log that has all of this. */
    const logged = async (...parts: readonly string[]): Promise<Record<string, unknown>> => {
      const until = Date.now() + 30_000;
      for (;;) {
        const line = office.log.split('\n').find((each) => parts.every((part) => each.includes(part)));
        if (line !== undefined) return JSON.parse(line);
        assert.ok(Date.now() < until, `the log has no line with ${parts.join(', ')}:\n${office.log}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };

    test('its looks at the office are answered, and are the proxy’s own sessions', async () => {
      assert.deepEqual(
        [...(await proxy.health())],
        [
          ['pop3', 'L7OK'],
          ['pop3s', 'L7OK'],
          ['smtp', 'L7OK'],
          ['lmtp', 'L7OK'],
        ],
      );
      const look = await logged('"POP3 session"', '"proxy":"127.0.0.1"');
      assert.equal(look['address'], '127.0.0.1');
    });

    test('letters come in by SMTP and LMTP and are called for over TLS, with a trace of who really came', async () => {
      const { ca = '' } = office.place('TLS');
      const smtp = await SmtpClient.connect(doors.smtp, { ca });
      const [sent] = await smtp.sendAll([{ to: ['alice@localhost'], octets: LETTER }]);
      assert.equal(sent?.letter.code, 250);
      await smtp.quit();
      const lmtp = await LmtpClient.connect(doors.lmtp);
      const [placed] = await lmtp.send({ to: ['alice'], octets: LETTER });
      assert.equal(placed?.code, 250);
      await lmtp.quit();
      for (const [mode, address] of [
        ['STLS', doors.pop3],
        ['TLS', doors.pop3s],
      ] as const) {
        const client = await Pop3Client.connect({ mode, address, ca });
        await client.login('alice', PASSWORD);
        for (const number of [1, 2]) {
          const trace = traceAbove(LETTER, await client.retrieve(number));
          assert.match(trace ?? '', /\[127\.0\.0\.1\]/);
        }
        await client.quit();
      }
    });

    test('who calls is who called the proxy, by IPv4 and by IPv6', async () => {
      for (const address of ['127.0.0.2', '127.9.9.9', '::1']) {
        const host = address.includes(':') ? '::1' : '127.0.0.1';
        const socket = connect({ host, port: doors.pop3.port, localAddress: address });
        socket.write('QUIT\r\n');
        assert.match(await text(socket), /^\+OK .*\r\n\+OK .*\r\n$/);
        const line = await logged(`"address":"${address}"`);
        assert.equal(line['proxy'], '127.0.0.1');
      }
    });

    test('cleartext = "loopback" means nobody who came by the proxy, though he and it are on this machine', async () => {
      const client = await Pop3Client.connect({ mode: 'plain', address: doors.pop3 });
      await assert.rejects(client.login('alice', PASSWORD), /-ERR/);
      client.socket.destroy();
    });

    test('whoever comes from the proxy’s address without a header hears nothing, and the log says why', async () => {
      const said: string[] = [];
      for (const address of [office.pop3, office.pop3s, office.smtp, office.lmtp]) {
        const socket: Socket = connect(address);
        await once(socket, 'connect');
        socket.on('error', () => {});
        socket.write('EHLO example.org\r\n');
        said.push(await text(socket).catch(() => ''));
      }
      assert.deepEqual(said, ['', '', '', '']);
      for (const protocol of ['POP3', 'SMTP', 'LMTP']) {
        const line = await logged(`"${protocol} connection refused"`);
        assert.equal(line['proxy'], '127.0.0.1');
        assert.match(String(line['reason']), /no PROXY header/);
      }
    });
  });
}

test('at a listener that is not behind the proxy its machine is anybody', async () => {
  const office = await RunningOffice.start({ config: block('toml') });
  const lmtp = await LmtpClient.connect(office.lmtp);
  await lmtp.quit();
  await office.close();
});
