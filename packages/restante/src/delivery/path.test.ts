import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PATH_BOUNDS, parseMail, parsePath, parseRcpt } from './path.ts';

describe('reverse-path', () => {
  it('is an address in brackets behind FROM:, in any case (SM-10)', () => {
    for (const word of ['FROM:', 'from:', 'From:']) {
      assert.deepEqual(parseMail(`${word}<Chris@Example.ORG>`), {
        path: { text: 'Chris@Example.ORG', local: 'Chris', domain: 'Example.ORG' },
        parameters: {},
      });
    }
  });

  it('may be null (SM-15)', () => {
    assert.deepEqual(parseMail('FROM:<>'), { path: { text: '', local: '', domain: '' }, parameters: {} });
  });

  it('has no space round the colon (SM-04), unless told to let it pass', () => {
    for (const argument of ['FROM: <a@b>', 'FROM :<a@b>', ' FROM:<a@b>', 'FROM:\t<a@b>']) {
      assert.equal(parseMail(argument), 'form', argument);
    }
    assert.deepEqual(parseMail('FROM : <a@b>', true), parseMail('FROM:<a@b>'));
    assert.equal(parseMail('FROM:\t<a@b>', true), 'form');
  });

  it('stands in brackets, and nothing but parameters follows', () => {
    for (const argument of ['', 'FROM', 'FROM:', 'FROM:a@b', 'FROM:<a@b', 'FROM:a@b>', 'TO:<a@b>', 'FROM:<a@b>x']) {
      assert.equal(parseMail(argument), 'form', argument);
    }
  });
});

describe('forward-path', () => {
  it('is an address in brackets behind TO:', () => {
    assert.deepEqual(parseRcpt('to:<pat@example.net>'), {
      path: { text: 'pat@example.net', local: 'pat', domain: 'example.net' },
    });
  });

  it('may be a bare local-part: Postmaster (SM-08), and by LMTP any name', () => {
    assert.deepEqual(parseRcpt('TO:<PostMaster>'), { path: { text: 'PostMaster', local: 'PostMaster', domain: '' } });
  });

  it('is not null', () => assert.equal(parseRcpt('TO:<>'), 'address'));

  it('takes no parameter (SM-05)', () => {
    assert.equal(parseRcpt('TO:<pat@example.net> NOTIFY=NEVER'), 'parameter');
    assert.equal(parseRcpt('TO:<pat@example.net> SIZE=1'), 'parameter');
  });
});

describe('address', () => {
  it('loses its source route (SM-09)', () => {
    assert.equal(parsePath('@a,@b.example:u@served')?.text, 'u@served');
    assert.equal(parsePath('@a:u')?.text, 'u');
    for (const text of ['@a:', '@a,b:u@d', '@a, @b:u@d', ':u@d', '@:u@d'])
      assert.equal(parsePath(text), undefined, text);
  });

  it('may have a quoted local-part, kept as it was given and understood without quotes', () => {
    assert.deepEqual(parsePath('"John \\"Q\\" Smith"@d'), {
      text: '"John \\"Q\\" Smith"@d',
      local: 'John "Q" Smith',
      domain: 'd',
    });
    assert.deepEqual(parseRcpt('TO:<"a>b@c"@d>'), { path: { text: '"a>b@c"@d', local: 'a>b@c', domain: 'd' } });
    assert.equal(parsePath('""@d')?.local, '');
    for (const text of ['"a"b@d', '"a@d', '"a\\"@d', '"a\tb"@d']) assert.equal(parsePath(text), undefined, text);
  });

  it('may have an address literal for a domain', () => {
    assert.equal(parsePath('u@[192.0.2.1]')?.domain, '[192.0.2.1]');
    assert.equal(parsePath('u@[IPv6:2001:db8::1]')?.domain, '[IPv6:2001:db8::1]');
    for (const text of ['u@[]', 'u@[a b]', 'u@[a', 'u@a]']) assert.equal(parsePath(text), undefined, text);
  });

  it('may hold all that RFC 5321 calls atext, and underscores in host names', () => {
    const local = "!#$%&'*+-/=?^_`{|}~aZ09.x";
    assert.equal(parsePath(`${local}@my_host.example`)?.local, local);
  });

  it('is nothing else', () => {
    for (const text of [
      '@',
      'a@',
      '@d',
      'a@b@c',
      'a b@c',
      '.a@b',
      'a.@b',
      'a..b@c',
      'a@.b',
      'a@b.',
      'a@b..c',
      'a@-b',
      'a@b-',
      'a,b@c',
      'a@b\0',
      'a\rb@c',
      'a\nb@c',
      'é@b',
      'a@é',
      '<a@b>',
    ]) {
      assert.equal(parsePath(text), undefined, JSON.stringify(text));
    }
  });

  it('is told from what would be one with SMTPUTF8 (SM-46)', () => {
    assert.equal(parseMail('FROM:<\xc3\xa9@b>'), 'non-ascii');
    assert.equal(parseMail('FROM:<a@\xc3\xa9> SIZE=1'), 'non-ascii');
    assert.equal(parseRcpt('TO:<\xff>'), 'non-ascii');
    assert.equal(parseRcpt('TO:<a b>'), 'address');
    assert.equal(parseRcpt('TO:a'), 'form');
  });

  it('may have a local-part of 64, a domain of 255 and a path of 256 octets and more (SM-12)', () => {
    assert.notEqual(parsePath(`${'l'.repeat(64)}@d`), undefined);
    assert.notEqual(parsePath(`${'l'.repeat(PATH_BOUNDS.local)}@d`), undefined);
    assert.equal(parsePath(`${'l'.repeat(PATH_BOUNDS.local + 1)}@d`), undefined);
    const domain = `${'d'.repeat(63)}.`.repeat(4).slice(0, 255);
    assert.equal(parsePath(`u@${domain}`)?.domain, domain);
    assert.equal(parsePath(`u@${domain}d`), undefined);
    assert.equal(parsePath(`${'@a,'.repeat(400)}@a:u@d`), undefined);
  });

  it('is understood in no more time than its length asks for', () => {
    const started = process.cpuUsage();
    for (const text of [
      `"${'\\"'.repeat(500)}`,
      `${'a.'.repeat(500)}`,
      `u@${'a-'.repeat(500)}`,
      `${'@a,'.repeat(330)}`,
      `${'"a"'.repeat(330)}`,
    ]) {
      assert.equal(parsePath(text), undefined);
      parseMail(`FROM:<${text}`);
    }
    const { user } = process.cpuUsage(started);
    assert.ok(user < 1_000_000, `${user} microseconds of work`);
  });

  it('never makes the parser throw, and what it answers holds no control character', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const text = Buffer.from(octets).toString('latin1');
        const path = parsePath(text);
        if (path !== undefined) assert.match(path.text, /^[ -~]+$/);
        parseMail(text);
        parseMail(`FROM:<${text}>`);
        parseRcpt(`TO:<${text}`);
      }),
    );
  });
});

describe('parameters of MAIL', () => {
  const parameters = (text: string) => {
    const parsed = parseMail(`FROM:<a@b>${text}`);
    return typeof parsed === 'string' ? parsed : parsed.parameters;
  };

  it('SIZE has 1 to 20 digits (SM-37)', () => {
    assert.deepEqual(parameters(' SIZE=0'), { size: 0 });
    assert.deepEqual(parameters(' size=2000'), { size: 2000 });
    assert.deepEqual(parameters(` SIZE=${'9'.repeat(20)}`), { size: 1e20 });
    for (const value of ['', '=', `=${'9'.repeat(21)}`, '=1x', '=-1', '=1.5', '=+1', '=0x1']) {
      assert.equal(parameters(` SIZE${value}`), 'value', value);
    }
  });

  it('BODY is 7BIT or 8BITMIME (SM-43)', () => {
    assert.deepEqual(parameters(' BODY=7BIT'), { body: '7BIT' });
    assert.deepEqual(parameters(' body=8bitmime SIZE=1'), { body: '8BITMIME', size: 1 });
    for (const value of ['', '=', '=9BIT', '=BINARYMIME', '=7BIT=']) assert.equal(parameters(` BODY${value}`), 'value');
  });

  it('each stands once', () => {
    assert.equal(parameters(' SIZE=1 SIZE=1'), 'value');
    assert.equal(parameters(' BODY=7BIT BODY=8BITMIME'), 'value');
  });

  it('what nobody here knows is told apart (SM-05)', () => {
    for (const text of [' SMTPUTF8', ' RET=FULL', ' AUTH=<>', ' X', ' =1', ' __proto__=1']) {
      assert.equal(parameters(text), 'parameter', text);
    }
  });
});
