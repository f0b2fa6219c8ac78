import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PLUGIN_NAME } from './plugin.js';
import { call } from './salver-transform/testing.js';

test('the number is added', () => {
  assert.deepEqual(PLUGIN_NAME({ conv_rate: 0.5, val_to_add: 1n }), { conv_rate_plus_val: 1.5 });
});

test('columns are computed as the gateway does it', () => {
  const got = call('PLUGIN_NAME', { conv_rate: [0.5, null, 0.5], val_to_add: [1n, 2n, null] });
  assert.deepEqual(got, { conv_rate_plus_val: [1.5, null, null] });
});
