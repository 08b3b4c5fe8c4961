import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { client, keysOf, meet, SHA_1, SHA_256, server, text } from './scram.test-support.ts';

for (const vector of [SHA_1, SHA_256]) {
  test(`the example of RFC ${vector.hash === 'SHA-1' ? '5802 §5 (E.3' : '7677 §3 (E.4'}, SCRAM-01, SCRAM-02)`, async () => {
    const { hash, clientNonce, serverNonce } = vector;
    const caller = client({ hash, nonce: clientNonce });
    assert.equal(text(caller.initial), vector.first);
    assert.equal(text(await caller.next(Buffer.from(vector.challenge))), vector.final);
    assert.throws(() => caller.finished());
    assert.equal(text(await caller.next(Buffer.from(vector.signature))), '');
    caller.finished();

    const user = await keysOf('pencil', hash, Buffer.from(vector.salt, 'base64'));
    const host = server({ hash, nonce: serverNonce, accounts: { user } });
    assert.equal(await host.next(undefined), '');
    assert.equal(await host.next(vector.first), vector.challenge);
    assert.equal(await host.next(vector.final), vector.signature);
    assert.equal(await host.next(''), 'accepted');
    assert.deepEqual(host.authorized, [{ mechanism: `SCRAM-${hash}`, authenticationIdentity: 'user' }]);
  });
}

test('what the client’s half says, the server’s half understands, and only with the same password', async () => {
  const word = fc.string({
    minLength: 1,
    maxLength: 8,
    unit: fc.constantFrom('a', ' ', '=', ',', '2C', 'é', '字', '\u00aa'),
  });
  await fc.assert(
    fc.asyncProperty(word, word, word, async (name, password, other) => {
      const prepared = name.normalize('NFKC');
      const theirs = { accounts: { [prepared]: await keysOf(password) } };
      const mine = { authenticationIdentity: name, password };
      const { said, authorized } = await meet(mine, theirs);
      assert.deepEqual([said, authorized[0]?.authenticationIdentity], ['accepted', prepared]);
      const same = other.normalize('NFKC') === password.normalize('NFKC');
      assert.equal((await meet({ ...mine, password: other }, theirs)).said, same ? 'accepted' : 'refused');
    }),
    { numRuns: 25 },
  );
});
