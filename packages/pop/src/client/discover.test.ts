import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { selfSignedCertificate } from '../testing/index.ts';
import { discover, type SrvRecord } from './discover.ts';
import { Pop3Error } from './error.ts';
import { play } from './scene.test-support.ts';

type Zone = Readonly<
  Record<string, readonly (readonly [name: string, port: number, priority?: number, weight?: number])[]>
>;

/** A resolver of these names, and what it was asked. */
function resolverOf(zone: Zone) {
  const asked: string[] = [];
  const resolveSrv = async (name: string): Promise<readonly SrvRecord[]> => {
    asked.push(name);
    const records = zone[name];
    if (records === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return records.map(([target, port, priority = 0, weight = 0]) => ({ name: target, port, priority, weight }));
  };
  return { asked, resolver: { resolveSrv } };
}

const hosts = async (zone: Zone, random = () => 0) => {
  const { servers } = await discover('example.net', { ...resolverOf(zone), random });
  return servers.map(({ host }) => host);
};

describe('servers that a domain names', () => {
  test('an address leads to its domain’s, and to what to log in as: all of it, then the local part (TLS-25)', async () => {
    const { resolver, asked } = resolverOf({ '_pop3s._tcp.example.net': [['Pop.Example.net.', 995]] });
    assert.deepEqual(await discover('ada@l@Example.NET', { resolver }), {
      domain: 'example.net',
      users: ['ada@l@Example.NET', 'ada@l'],
      servers: [
        {
          host: 'pop.example.net',
          port: 995,
          secure: true,
          requireTLS: false,
          domain: 'example.net',
          needsConfirmation: false,
        },
      ],
      denied: false,
    });
    assert.deepEqual(asked, ['_pop3s._tcp.example.net', '_pop3._tcp.example.net']);
    assert.deepEqual((await discover('example.net', { resolver })).users, []);
  });

  test('the lowest priority first; TLS at once before STLS, whatever the priority (TLS-23)', async () => {
    const zone = {
      '_pop3s._tcp.example.net': [
        ['c.example.net', 995, 30],
        ['b.example.net', 995, 20],
      ],
      '_pop3._tcp.example.net': [['a.example.net', 110, 0]],
    } as const;
    assert.deepEqual(await hosts(zone), ['b.example.net', 'c.example.net', 'a.example.net']);
    const { servers } = await discover('example.net', resolverOf(zone));
    assert.deepEqual(
      servers.map(({ secure, requireTLS }) => [secure, requireTLS]),
      [
        [true, false],
        [true, false],
        [false, true],
      ],
    );
  });

  test('among those of a priority each has its weight’s share of the first places (TLS-23)', async () => {
    const zone = {
      '_pop3s._tcp.example.net': [
        ['one.example.net', 995, 0, 1],
        ['three.example.net', 995, 0, 3],
        ['none.example.net', 995, 0, 0],
      ],
    } as const;
    const first: Record<string, number> = {};
    for (let step = 0; step < 400; step += 1) {
      const [host = ''] = await hosts(zone, () => (step + 0.5) / 400);
      first[host] = (first[host] ?? 0) + 1;
    }
    assert.deepEqual(first, { 'one.example.net': 100, 'three.example.net': 300 });
    const all = await hosts(zone, () => 0.999);
    assert.deepEqual([...all].sort(), ['none.example.net', 'one.example.net', 'three.example.net']);
    assert.equal((await hosts(zone, () => 0))[0], 'none.example.net');
  });

  test('"." says that there is no such service, and nothing says nothing (TLS-23)', async () => {
    const denied = { '_pop3s._tcp.example.net': [['.', 0]], '_pop3._tcp.example.net': [['', 0]] } as const;
    const answer = await discover('ada@example.net', resolverOf(denied));
    assert.deepEqual([answer.servers, answer.denied], [[], true]);
    const silent = await discover('ada@example.net', resolverOf({}));
    assert.deepEqual([silent.servers, silent.denied], [[], false]);
    const half = await discover(
      'example.net',
      resolverOf({ ...denied, '_pop3._tcp.example.net': [['a.example.net', 110]] }),
    );
    assert.deepEqual([half.servers.length, half.denied], [1, false]);
  });

  test('one outside the domain needs somebody’s word (TLS-24)', async () => {
    const { servers } = await discover(
      'example.net',
      resolverOf({
        '_pop3s._tcp.example.net': [
          ['pop.example.net', 995, 1],
          ['example.net', 995, 2],
          ['pop.hosting.example', 995, 3],
          ['evilexample.net', 995, 4],
          ['example.net.evil.example', 995, 5],
        ],
      }),
    );
    assert.deepEqual(
      servers.map(({ needsConfirmation }) => needsConfirmation),
      [false, false, true, true, true],
    );
  });

  test('what cannot be called is left out, and there is an end to it', async () => {
    const zone = {
      '_pop3s._tcp.example.net': [
        ['a b', 995],
        ['127.0.0.1', 995],
        ['zero.example.net', 0],
        ['high.example.net', 65_536],
        ['good.example.net', 995],
      ],
      '_pop3._tcp.example.net': Array.from({ length: 5_000 }, (_, at) => [`h${at}.example.net`, 110] as const),
    } as const;
    const { servers } = await discover('example.net', resolverOf(zone));
    assert.equal(servers[0]?.host, 'good.example.net');
    assert.equal(servers.length, 101);
  });

  test('a question without an answer is no answer', async () => {
    const failing = (code: string) => ({
      resolveSrv: async () => Promise.reject(Object.assign(new Error(code), { code })),
    });
    await assert.rejects(discover('example.net', { resolver: failing('ESERVFAIL') }), {
      code: 'NETWORK',
      retryable: true,
    });
    assert.deepEqual((await discover('example.net', { resolver: failing('ENODATA') })).servers, []);
    const half = {
      resolveSrv: async (name: string) => {
        if (name.startsWith('_pop3s.')) throw Object.assign(new Error('timed out'), { code: 'ETIMEOUT' });
        return [{ name: 'pop.example.net', port: 110, priority: 0, weight: 0 }];
      },
    };
    // Whoever keeps the one from us would have us take the other.
    await assert.rejects(discover('example.net', { resolver: half }), { code: 'NETWORK' });
  });

  test('what is no domain is not asked about', async () => {
    const { resolver, asked } = resolverOf({});
    for (const text of ['', '@example.net', 'ada@', 'a b', 'x\r\ny', 'ada@192.0.2.1', `${'a'.repeat(64)}.example`]) {
      await assert.rejects(
        discover(text, { resolver }),
        (error) => error instanceof Pop3Error && error.code === 'ARGUMENT',
      );
    }
    assert.deepEqual(asked, []);
  });
});

describe('a call at a server that was found', () => {
  const found = { host: 'pop.hosting.example', port: 995, domain: 'example.net', secure: true } as const;
  const outcome = async (names: Parameters<typeof selfSignedCertificate>[0], options: object = {}) => {
    const certificate = selfSignedCertificate(names);
    const { pop, error, peer } = await play({
      script: 'TLS\nS: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: -ERR [AUTH]',
      peer: { certificate },
      options: { ...found, requireTLS: false, allowInsecureAuth: false, tls: { ca: certificate.cert }, ...options },
    });
    assert.equal(pop, undefined);
    return [error?.code, peer.heard.length > 0];
  };

  test('a certificate with the domain’s SRV name only is its own (TLS-16)', async () => {
    assert.deepEqual(await outcome({ srv: ['_pop3s.example.net'] }), ['AUTH_FAILED', true]);
    assert.deepEqual(await outcome({ srv: ['_pop3s.example.org'] }), ['TLS_CERTIFICATE', false]);
    assert.deepEqual(await outcome({ srv: ['_pop3s.example.net'] }, { domain: undefined }), ['TLS_CERTIFICATE', false]);
  });

  test('a host outside the domain, with a certificate of its own, only where that was confirmed (TLS-24)', async () => {
    const own = { dns: ['pop.hosting.example'] };
    assert.deepEqual(await outcome(own), ['TLS_CERTIFICATE', false]);
    assert.deepEqual(await outcome(own, { hostConfirmed: true }), ['AUTH_FAILED', true]);
    assert.deepEqual(await outcome({ dns: ['pop.example.net'] }, { host: 'pop.example.net' }), ['AUTH_FAILED', true]);
  });

  test('one without TLS gets no credentials, and no other settings are tried out (TLS-06)', async () => {
    const { resolver } = resolverOf({ '_pop3._tcp.example.net': [['pop.example.net', 110]] });
    const { servers } = await discover('ada@example.net', { resolver });
    const { error, peer } = await play({
      script: 'S: +OK\nC: CAPA\nS> +OK\nS> USER\nS: .\nEOF',
      options: { allowInsecureAuth: false, ...servers[0] },
    });
    assert.equal(error?.code, 'TLS_UNAVAILABLE');
    await peer.finished;
    assert.deepEqual(peer.heard, ['CAPA']);
  });
});
