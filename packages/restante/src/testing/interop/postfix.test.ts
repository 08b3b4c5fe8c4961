import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../connection.ts';
import type { MailReply } from '../lmtp-client.ts';
import { Postfix } from '../postfix.ts';
import { type Fetched, Mailbox } from '../real-mail/mailbox.ts';
import { RunningOffice, temporaryFolder } from '../running-office.ts';
import { SmtpClient } from '../smtp-client.ts';
import { traceAbove } from '../trace-fields.ts';
import { LETTERS } from './letters.ts';
import { withoutPeers } from './peer-program.ts';
import { changed } from './recipe.ts';

const PASSWORD = 'postfix knocks';
/** The least that the settings allow, so that a letter soon goes to too many. */
const MOST_RECIPIENTS = 100;
const LARGEST = 2 * 2 ** 20;
const WAYS: readonly Way[] = ['tcp', 'unix', 'smtp'];
type Way = 'tcp' | 'unix' | 'smtp';

/** What docs/operations.md has an operator add to a Postfix in front of the office. */
const EXAMPLE = fileURLToPath(new URL('../../../../../deploy/postfix/', import.meta.url));

/** The domain whose mail Postfix hands on in this way. */
const domain = (way: Way) => `${way}.example.net`;

suite('Postfix hands mail on to the office', { skip: withoutPeers(Postfix.isInstalled(), 'postfix') }, () => {
  const sockets = temporaryFolder();
  const socket = join(sockets, 'lmtp.sock');
  const data = temporaryFolder();
  let ports: { readonly lmtp: number; readonly smtp: number };
  let office: RunningOffice;
  let postfix: Postfix;

  /** On the ports that Postfix knows, so that it finds the office again. */
  const open = async () => {
    office = await RunningOffice.start({
      data,
      config: `domains = ["example.org", ${WAYS.map((way) => `"${domain(way)}"`).join(', ')}]
limits.recipients = ${MOST_RECIPIENTS}
limits.letter_size = ${LARGEST}
lmtp.socket_group = "postfix"
`,
      more: [
        ...['--lmtp', `127.0.0.1:${ports.lmtp}`, '--lmtp', `unix:${socket}`],
        ...['--smtp', `127.0.0.1:${ports.smtp}`],
      ],
    });
  };

  before(async () => {
    chmodSync(sockets, 0o755);
    ports = { lmtp: await freePort(), smtp: await freePort() };
    await open();
    for (const name of ['alice', 'bob', 'carol']) await office.addAccount(name, PASSWORD);
    postfix = await Postfix.start({
      transports: {
        [domain('tcp')]: `lmtp:inet:127.0.0.1:${ports.lmtp}`,
        [domain('unix')]: `lmtp:unix:${socket}`,
        [domain('smtp')]: `smtp:[127.0.0.1]:${ports.smtp}`,
      },
      settings: `
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = localhost
smtp_tls_CAfile = ${office.certificate}
smtp_destination_recipient_limit = 1000
lmtp_destination_recipient_limit = 1000
${changed(readFileSync(join(EXAMPLE, 'main.cf'), 'utf8'), '/run/restante/lmtp.sock', socket)}
# As short a wait as it allows while the office is asked.
address_verify_poll_delay = 1
`,
      services: readFileSync(join(EXAMPLE, 'master.cf'), 'utf8'),
    });
  });
  after(async () => {
    await postfix.close();
    await office.close();
  });

  for (const way of WAYS)
    test(`by ${way}: every letter reaches each of its recipients once, octet for octet (SM-25, SM-30)`, async () => {
      const to = ['alice', 'bob', 'carol'].map((name) => `${name}@${domain(way)}`);
      await handed(LETTERS.map((octets) => ({ from: 'sender@example.org', to, octets })));
      await postfix.emptied();
      for (const name of ['alice', 'bob', 'carol']) sameLetters(await emptied(name), LETTERS);
    });

  test('by smtp it comes inside TLS (SM-65)', async () => {
    await handed([{ from: 'sender@example.org', to: [`alice@${domain('smtp')}`], octets: letter('inside TLS') }]);
    await postfix.emptied();
    const [came] = await emptied('alice');
    assert.match(came?.octets.toString('latin1') ?? '', /^\tby \S+ with ESMTPS id /m);
  });

  for (const way of WAYS)
    test(`by ${way}: whom the office does not know, Postfix tells the sender of, with its words (SM-11)`, async () => {
      const offset = postfix.log.length;
      const to = ['alice', 'nobody'].map((name) => `${name}@${domain(way)}`);
      await handed([{ from: `bob@${domain(way)}`, to, octets: letter('for two') }]);
      await postfix.emptied();
      assert.match(await postfix.logged(/to=<nobody@/, offset), /dsn=5\.1\.1, status=bounced .*said: 550 5\.1\.1 /);
      sameLetters(await emptied('alice'), [letter('for two')]);
      const [notice, ...others] = await emptied('bob');
      assert.equal(others.length, 0);
      assert.match(notice?.octets.toString('latin1') ?? '', /^Return-Path: <>\r\n/, 'the null reverse-path (SM-15)');
    });

  for (const way of WAYS)
    test(`by ${way}: who is one too many waits, and gets the letter the next time (SM-13)`, async () => {
      const offset = postfix.log.length;
      const to = Array.from({ length: MOST_RECIPIENTS + 3 }, (_, index) => `alice+${index}@${domain(way)}`);
      await handed([{ from: 'sender@example.org', to, octets: letter('for many') }]);
      await postfix.logged(/dsn=4\.5\.3, status=deferred .*452 4\.5\.3 /, offset);
      await postfix.waitedFor([to.length - MOST_RECIPIENTS]);
      assert.equal((await emptied('alice')).length, 1, 'a mailbox gets a letter once');
      await postfix.flush();
      await postfix.emptied();
      assert.equal((await emptied('alice')).length, 1);
    });

  test('a letter larger than SIZE allows goes back to the sender (SM-37)', async () => {
    const octets = Buffer.concat([letter('large'), Buffer.from('large text\r\n'.repeat(LARGEST / 10))]);
    for (const way of WAYS) {
      const offset = postfix.log.length;
      await handed([{ from: `bob@${domain(way)}`, to: [`alice@${domain(way)}`], octets }]);
      await postfix.emptied();
      assert.match(await postfix.logged(/to=<alice@.*status=/, offset), /dsn=5\.3\.4, status=bounced/);
    }
    assert.equal((await emptied('bob')).length, WAYS.length);
    assert.equal((await emptied('alice')).length, 0);
  });

  test('while the office is closed Postfix keeps the mail; after it each letter is there once (SM-30)', async () => {
    const offset = postfix.log.length;
    const letters = Array.from({ length: 60 }, (_, index) => letter(`number ${index}`));
    const to = WAYS.map((way) => `alice@${domain(way)}`);
    const flow = (numbered: readonly Buffer[]) =>
      handed(numbered.map((octets, index) => ({ from: 'x@example.org', to: [to[index % to.length] ?? ''], octets })));
    await Promise.all([flow(letters.slice(0, 30)), office.stop()]); // it closes in the middle of them
    await flow(letters.slice(30));
    await postfix.logged(/status=deferred .*(Connection refused|No such file)/, offset);
    assert.ok((await postfix.queue()).length >= 30);
    await open();
    await postfix.flush();
    await postfix.emptied();
    sameLetters(await emptied('alice'), letters);
  });

  test('with deploy/postfix as it stands, mail for nobody is refused while its sender waits, and other mail comes', async () => {
    const offset = postfix.log.length;
    const client = await SmtpClient.connect(postfix.world);
    const to = ['alice@example.org', 'nobody@example.org', 'alice@elsewhere.example'];
    const [outcome] = await client.sendAll([{ from: 'stranger@example.com', to, octets: letter('from the world') }]);
    await client.quit();
    const [taken, unknown, elsewhere] = outcome?.recipients ?? [];
    assert.equal(taken?.code, 250, taken?.text);
    assert.match(`${unknown?.code} ${unknown?.text}`, /^550 5\.1\.1 .*no such user here/);
    assert.match(`${elsewhere?.code} ${elsewhere?.text}`, /^554 5\.7\.1 /, 'and it is no relay');
    assert.match(
      await postfix.logged(/postfix\/restante.*to=<alice@example\.org>.*status=sent/, offset),
      /relay=.*lmtp\.sock/,
    );
    await postfix.emptied();
    sameLetters(await emptied('alice'), [letter('from the world')]);
  });

  /** Gives Postfix letters, all of which it must take. */
  async function handed(letters: Parameters<SmtpClient['sendAll']>[0]): Promise<void> {
    const client = await SmtpClient.connect(postfix.smtp);
    try {
      const outcomes = await client.sendAll(letters);
      await client.quit();
      const replies = outcomes.flatMap(({ recipients, letter: reply }): readonly MailReply[] => [...recipients, reply]);
      const refused = replies.filter(({ code }) => code !== 250);
      assert.deepEqual(refused, []);
    } finally {
      client.drop();
    }
  }

  /** Fetches and deletes all that is in somebody's mailbox. */
  const emptied = (name: string): Promise<readonly Fetched[]> => new Mailbox(office, name, PASSWORD).emptied();
});

function letter(subject: string): Buffer {
  return Buffer.from(
    `Subject: ${subject}\r\nFrom: bob@example.org\r\nMessage-ID: <${subject.length}@example.org>\r\n\r\n.\r\n`,
  );
}

/** Each letter came once, with nothing but trace fields above it, in whatever order. */
function sameLetters(fetched: readonly Fetched[], sent: readonly Buffer[]): void {
  const left = [...fetched];
  for (const each of sent) {
    const found = left.findIndex(({ octets }) => traceAbove(each, octets) !== undefined);
    assert.ok(found >= 0, `did not come as it was sent: ${JSON.stringify(each.toString('latin1', 0, 60))}`);
    left.splice(found, 1);
  }
  assert.deepEqual(
    left.map(({ octets }) => octets.toString('latin1', 0, 300)),
    [],
    'came, but was not sent',
  );
}
