import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChannelBindings } from './channel-binding.ts';
import { client, END_POINT, EXPORTED, meet, SHA_256, server, text } from './scram.test-support.ts';

describe('SCRAM-PLUS', () => {
  const both = () => new ChannelBindings([EXPORTED, END_POINT]);

  test('both halves with the same binding, of either type (SCRAM-10, SCRAM-11)', async () => {
    for (const binding of [EXPORTED, END_POINT]) {
      const { said, authorized } = await meet({ binding }, { plus: true, channelBindings: both() });
      assert.deepEqual([said, authorized[0]?.mechanism], ['accepted', 'SCRAM-SHA-256-PLUS']);
    }
    assert.equal(text(client({ binding: EXPORTED }).initial), `p=tls-exporter,,${SHA_256.first.slice(3)}`);
  });

  test('somebody in between has another TLS connection on either side (SCRAM-08)', async () => {
    for (const mine of [EXPORTED, END_POINT]) {
      const binding = { ...mine, data: Buffer.alloc(32, 8) };
      assert.equal((await meet({ binding }, { plus: true, channelBindings: both() })).said, 'refused');
    }
  });

  test('a type that there is not, and -PLUS without binding or TLS, are refused at once (SCRAM-11, SCRAM-21)', async () => {
    for (const header of ['p=foo,,', 'p=tls-unique,,', 'n,,', 'y,,']) {
      const host = server({ plus: true, channelBindings: both() });
      assert.equal(await host.next(`${header}n=user,r=abc`), 'refused', header);
      assert.deepEqual(host.asked, []);
    }
    assert.equal(await server({ plus: true }).next('p=tls-exporter,,n=user,r=abc'), 'refused');
    assert.equal(await server({ channelBindings: both() }).next('p=tls-exporter,,n=user,r=abc'), 'refused');
  });

  test('"y" where -PLUS is offered: somebody took it out of the list (SCRAM-09)', async () => {
    assert.equal((await meet({ binding: 'possible' }, { channelBindings: both() })).said, 'refused');
    assert.equal((await meet({ binding: 'possible' })).said, 'accepted');
    assert.equal((await meet({ binding: 'possible' }, { channelBindings: new ChannelBindings([]) })).said, 'accepted');
    assert.equal((await meet({}, { channelBindings: both() })).said, 'accepted');
  });

  test('tls-exporter is good for one exchange of a connection, -PLUS stays offered (SCRAM-24)', async () => {
    const channelBindings = both();
    const wrong = { binding: EXPORTED, password: 'pen' };
    assert.equal((await meet(wrong, { plus: true, channelBindings })).said, 'refused');
    assert.equal((await meet({ binding: EXPORTED }, { plus: true, channelBindings })).said, 'refused');
    assert.equal(await server({ channelBindings }).next('y,,n=user,r=abc'), 'refused');
    assert.equal((await meet({ binding: END_POINT }, { plus: true, channelBindings })).said, 'accepted');
  });
});
