import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDataFolder } from './places.ts';

test('the data folder is ./data in a clone, else in the XDG data folder', () => {
  assert.equal(defaultDataFolder({ RESTANTE_CLONE: '/src/restante', XDG_DATA_HOME: '/x' }), '/src/restante/data');
  assert.equal(defaultDataFolder({ XDG_DATA_HOME: '/x', HOME: '/home/a' }), '/x/restante');
  assert.equal(defaultDataFolder({ HOME: '/home/a' }), '/home/a/.local/share/restante');
  assert.equal(defaultDataFolder({ XDG_DATA_HOME: 'relative', HOME: '/home/a' }), '/home/a/.local/share/restante');
});
