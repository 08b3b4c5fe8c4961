import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDataFolder } from './places.ts';

test('the data folder is ./data in a clone, else in the XDG data folder', () => {
  const cwd = '/src/restante';
  assert.equal(defaultDataFolder({ env: { RESTANTE_IN_CLONE: '1', XDG_DATA_HOME: '/x' }, cwd }), '/src/restante/data');
  assert.equal(defaultDataFolder({ env: { XDG_DATA_HOME: '/x', HOME: '/home/a' }, cwd }), '/x/restante');
  assert.equal(defaultDataFolder({ env: { HOME: '/home/a' }, cwd }), '/home/a/.local/share/restante');
  assert.equal(
    defaultDataFolder({ env: { XDG_DATA_HOME: 'relative', HOME: '/home/a' }, cwd }),
    '/home/a/.local/share/restante',
  );
});
