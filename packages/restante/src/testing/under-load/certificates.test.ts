import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { makeSelfSigned } from '../../tls/self-signed.ts';
import { Random } from '../oracle/random.ts';
import { RunningOffice, temporaryFolder } from '../running-office.ts';
import { call } from '../soak/callers.ts';
import { errorLines } from '../soak/judge.ts';
import { Operator } from '../soak/operator.ts';
import { sendByLmtp, sendBySmtp } from '../soak/senders.ts';
import { mailboxOf } from '../soak/soak.ts';
import { PASSWORD, Town } from '../soak/town.ts';

const times = process.env['RESTANTE_LONG'] === '1' ? 200 : 5;

suite('certificates change and SIGHUP comes while mail flows', () => {
  test('whoever calls next sees the new one, no session is dropped, no letter is lost', async (t) => {
    const data = temporaryFolder();
    const files = { cert: join(data, 'cert.pem'), key: join(data, 'key.pem') };
    await makeSelfSigned(files, 'post.example');
    const config = `log.level = "warn"\ntls.cert = "${files.cert}"\ntls.key = "${files.key}"\n`;
    const office = await RunningOffice.start({ data, config });
    t.after(() => office.close());
    const residents = ['one', 'two'].map((name) => ({ name, leaves: false }));
    for (const { name } of residents) await office.addAccount(name, PASSWORD);
    const town = new Town(office, new Random(1), residents, [readFileSync(files.cert, 'utf8')]);
    const operator = new Operator(town, files);
    await operator.prepare();
    // A session that is dropped, or a certificate that is none of ours, fails its client and the test with it.
    const clients = [sendByLmtp, sendBySmtp, call, call].map((work) =>
      town.repeat(20, () => work(town)).finally(() => town.end()),
    );
    for (let done = 0; done < times && !town.over; done += 1) await operator.renew();
    town.end();
    await Promise.all(clients);
    const found = await Promise.all(residents.map(({ name }) => mailboxOf(town, name)));
    assert.deepEqual(town.promises.verify(found), []);
    assert.deepEqual(errorLines(office.log), []);
    assert.equal(town.happened.get('certificates renewed'), times);
    t.diagnostic(JSON.stringify(Object.fromEntries(town.happened)));
  });
});
