// What a component doesn't have throws, once it is built.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';

import { guard, seal } from '../salver-transform/sealed.js';

test('what is not there throws once the component is sealed', () => {
  const scope = vm.createContext({ setTimeout: () => 1, fetch: () => 2, performance: { now: () => 3 }, crypto: { getRandomValues: () => 4 } });
  const run = (source) => vm.runInContext(source, scope);
  guard(run('globalThis'));
  run('const now = Date.now; const start = now(); const made = new Date(); const random = Math.random()');
  assert.equal(run('start > 0 && made instanceof Date && random < 1 && setTimeout() === 1'), true);
  seal();
  for (const [source, said] of [
    ['Date.now()', 'no clock; take the time as an input column'],
    ['now()', 'no clock'],
    ['new Date()', 'no clock'],
    ['Date()', 'no clock'],
    ['new made.constructor()', 'no clock'],
    ['new (class extends Date {})()', 'no clock'],
    ['performance.now()', 'no clock'],
    ['Math.random()', 'no source of randomness'],
    ['crypto.getRandomValues([])', 'no source of randomness'],
    ['setTimeout(() => {}, 1)', 'no timers'],
    ['fetch("http://a")', 'no network'],
  ]) {
    assert.throws(() => run(source), (error) => error.message.includes(said), source);
  }
  assert.equal(run('new Date(0).toISOString()'), '1970-01-01T00:00:00.000Z');
  assert.equal(run('new Date(2020, 1) instanceof Date && made instanceof Date && Date.UTC(1970) === 0'), true);
  assert.equal(run('Math.max(1, 2)'), 2);
});
