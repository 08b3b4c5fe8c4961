// Imports go one way (DESIGN.md): a part may use only the parts named here. A new part needs a row.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** part -> the parts that it may import, besides itself. A part is a folder of a package's src. */
const MAY_IMPORT = {
  'pop/wire': [],
  'pop/maildrop': ['pop/wire'],
  'pop/sasl': ['pop/wire', 'pop/maildrop'],
  'pop/dialogue': ['pop/wire'],
  'pop/pop3': ['pop/wire', 'pop/dialogue', 'pop/maildrop', 'pop/sasl'],
  'pop/server': ['pop/wire', 'pop/dialogue', 'pop/maildrop', 'pop/sasl', 'pop/pop3'],
  'pop/client': ['pop/wire', 'pop/maildrop', 'pop/sasl', 'pop/pop3', 'pop/server'],
  'pop/testing': ['pop/wire', 'pop/dialogue', 'pop/maildrop', 'pop/sasl', 'pop/pop3', 'pop/server'],
  // What a reader of the README writes: by the published names only.
  'pop/examples': ['pop/.', 'pop/client', 'pop/testing'],
  'pop/.': ['pop/wire', 'pop/maildrop', 'pop/sasl', 'pop/pop3', 'pop/server'],
  'restante/accounts': ['pop/wire', 'pop/maildrop', 'pop/sasl', 'pop/server'],
  'restante/config': ['pop/wire', 'pop/server', 'restante/accounts'],
  'restante/store': ['pop/wire', 'pop/maildrop', 'restante/accounts'],
  'restante/delivery': ['pop/wire', 'pop/dialogue', 'pop/maildrop', 'pop/server', 'restante/accounts'],
  'restante/observe': [
    'pop/maildrop',
    'pop/sasl',
    'pop/server',
    'restante/accounts',
    'restante/config',
    'restante/delivery',
    'restante/store',
  ],
  'restante/tls': ['pop/server', 'restante/.'],
  'restante/import': ['pop/wire', 'pop/maildrop', 'restante/.', 'restante/accounts', 'restante/store'],
  'restante/lmtp-client': ['pop/wire'],
  'restante/control': [
    'pop/maildrop',
    'pop/server',
    'restante/.',
    'restante/accounts',
    'restante/import',
    'restante/office',
  ],
  'restante/.': [],
  'restante/office': [
    'pop/maildrop',
    'restante/.',
    'restante/accounts',
    'restante/config',
    'restante/delivery',
    'restante/store',
  ],
  'restante/serve': [
    'pop/maildrop',
    'pop/sasl',
    'pop/server',
    'restante/.',
    'restante/accounts',
    'restante/config',
    'restante/control',
    'restante/delivery',
    'restante/import',
    'restante/observe',
    'restante/office',
    'restante/store',
    'restante/tls',
  ],
  'restante/collect': [
    'pop/wire',
    'pop/maildrop',
    'pop/client',
    'pop/server',
    'restante/.',
    'restante/accounts',
    'restante/config',
    'restante/delivery',
    'restante/import',
    'restante/lmtp-client',
    'restante/store',
  ],
  'restante/doctor': [
    'pop/server',
    'restante/.',
    'restante/accounts',
    'restante/config',
    'restante/control',
    'restante/delivery',
    'restante/office',
    'restante/serve',
    'restante/store',
    'restante/tls',
  ],
};
/** Node's own modules that a pure part may not touch. */
const OUTSIDE = /^node:(fs|net|tls|http|dgram|child_process|worker_threads|sqlite|timers|perf_hooks)/;
const PURE = ['pop/wire', 'pop/dialogue', 'pop/maildrop', 'pop/sasl', 'pop/pop3'];

function sources() {
  return readdirSync(join(root, 'packages'))
    .flatMap((name) =>
      readdirSync(join(root, 'packages', name, 'src'), { recursive: true }).map((file) =>
        join('packages', name, 'src', file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !/\.test(-support)?\.ts$/.test(file));
}

function part(file) {
  const [, name, , ...rest] = file.split('/');
  return `${name}/${rest.length > 1 ? rest[0] : '.'}`;
}

function imports(file) {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    (found) => found[1] ?? found[2],
  );
}

function target(file, specifier) {
  if (specifier.startsWith('.')) return part(relative(root, resolve(root, dirname(file), specifier)));
  const [, folder] = /^@restante\/pop(?:\/(.*))?$/.exec(specifier) ?? [];
  return specifier.startsWith('@restante/pop') ? `pop/${folder ?? '.'}` : undefined;
}

test('imports go one way', () => {
  const wrong = [];
  for (const file of sources()) {
    const from = part(file);
    const allowed = MAY_IMPORT[from];
    if (allowed === undefined) continue;
    for (const specifier of imports(file)) {
      const to = target(file, specifier);
      if (to !== undefined && to !== from && !allowed.includes(to)) wrong.push(`${file} imports ${specifier} (${to})`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the pure parts import no socket, clock, file or database, and packages/pop no package at all', () => {
  const wrong = [];
  for (const file of sources()) {
    for (const specifier of imports(file)) {
      if (PURE.includes(part(file)) && OUTSIDE.test(specifier)) wrong.push(`${file} imports ${specifier}`);
      const foreign = !/^(\.|node:|@restante\/pop(\/|$))/.test(specifier);
      if (part(file).startsWith('pop/') && part(file) !== 'pop/testing' && foreign)
        wrong.push(`${file} imports ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('every published part has a row', () => {
  const parts = new Set(sources().map(part));
  const without = [...parts].filter((name) => name.startsWith('pop/') && MAY_IMPORT[name] === undefined);
  assert.deepEqual(without, []);
});
