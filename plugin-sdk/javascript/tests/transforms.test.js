// Functions are called with their columns, rows and parameters; every kind of column comes back as it went.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { InvalidInput, InvalidParameters, TransformError, transform } from '../salver-transform/index.js';
import { bind } from '../salver-transform/declare.js';
import { call } from '../salver-transform/testing.js';
import { read } from '../salver-transform/types.js';

const CASES = [
  ['Bool', [true, null, false]],
  ['Int32', [1, null, -(2 ** 31)]],
  ['Int64', [1n, null, -(2n ** 63n)]],
  ['Float32', [0.5, null]],
  ['Float64', [0.5, null, Infinity]],
  ['Float64', Array.from({ length: 20 }, (_, index) => (index % 3 ? index : null))],
  ['UnixTimestamp', [-1, null]],
  ['ZonedTimestamp', [{ seconds: 5, zone: 'Europe/Berlin' }, null]],
  ['String', ['', null, 'é', '日本']],
  ['Uuid', ['6f3d1f6e-7a0e-4c57-9f0e-0d4a3f1b2c3d', null]],
  ['TimeUuid', ['6f3d1f6e-7a0e-1c57-9f0e-0d4a3f1b2c3d']],
  ['Decimal', ['1.10', null]],
  ['Bytes', [new Uint8Array([255, 0]), null]],
  ['PdfBytes', [new Uint8Array([1])]],
  ['ImageBytes', [new Uint8Array([1])]],
  ['Json', [{ a: [1, null] }, null, 5]],
  ['Array(Int64)', [[1n, 2n], null, []]],
  ['Array(Array(Float32))', [[[0.5], []], null, [[1.5, 2.5]]]],
  ['Set(String)', [new Set(['b', 'a']), null]],
  ['Array(Struct({name: String, at: Array(Float64)}))', [[{ name: 'x', at: [1] }], []]],
  ['Struct({name: String, at: Array(Float64)})', [{ name: 'x', at: [1] }, null]],
  ['ValueList', [[1n, 'a', null, [2.5], { b: 1.5 }], null, []]],
  ['ValueSet', [new Set([1n]), null]],
  ['Map', [{ a: 1n, b: [1, 2], c: null, d: { e: new Uint8Array([1]) }, f: true }, null, {}]],
  ['ScalarMap', [new Map([[1n, 'a'], [2n, null]]), null]],
  ['Array(Map)', [[{ a: 1n }, {}], null]],
];

test('values come back as they went', () => {
  for (const [type, values] of CASES) {
    const { codec } = read(`${type}?`);
    assert.equal(codec.type, type);
    for (const some of [values, [], [null, null]]) {
      const children = [];
      const array = codec.encode(some, children);
      assert.equal(array.validity === undefined, !some.includes(null), type);
      assert.ok(!children.includes(null));
      assert.deepEqual(codec.decode(array, children), some, type);
    }
  }
});

test('what is of another type is refused', () => {
  const refused = [
    ['Int64', 1.5],
    ['Int64', 2n ** 63n],
    ['Int32', 2 ** 31],
    ['Float64', '1'],
    ['Bool', 1],
    ['String', 1],
    ['Bytes', 'a'],
    ['UnixTimestamp', 1.5],
    ['Json', () => 1],
    ['Array(Int64)', [null]],
    ['Array(Int64)', '12'],
    ['Set(Int64)', [1n]],
    ['Map', [1n]],
    ['ScalarMap', new Map([[1n, 1n], [true, 1n]])],
    ['ScalarMap', new Map([['a', 1n]])],
    ['Struct({a: Int64})', 5],
    ['Struct({lat: Float64, lon: Float64})', { lta: 1, lon: 2 }],
    ['Struct({lat: Float64, lon: Float64})', [1, 2]],
    ['Struct({lat: Float64, lon: Float64})', new Map([['lat', 1]])],
    ['Map', new Set(['a'])],
    ['Map', new Map([[1, 1]])],
    ['Map', new Map([[null, 1]])],
    ['Map', { d: new Date(0) }],
    ['Map', { d: Promise.resolve() }],
    ['Map', { d: new Uint16Array(1) }],
    ['Json', { m: new Map([[1, 2]]) }],
    ['Json', { n: NaN }],
    ['Json', [1n]],
    ['Json', '\ud800'],
    ['Json', { '\ud800': 1 }],
    ['JsonText', '{nope'],
    ['String', 'a\udc00'],
    ['Map', { '\ud800': 1 }],
    ['Decimal', 'banana'],
    ['Decimal', '1,5'],
    ['Uuid', 'banana'],
    ['TimeUuid', '6f3d1f6e'],
    ['Float32', 1e300],
    ['Array(Float32)', [-1e39]],
    ['ValueList', [() => 1]],
  ];
  for (const [type, value] of refused) {
    assert.throws(() => read(type).codec.encode([value, null], []), TypeError, `${type}: ${String(value)}`);
  }
});

test('what is the same in other words is taken', () => {
  const taken = [
    ['Map', new Map([['a', 1]]), { a: 1 }],
    ['Map', { a: new Int32Array([1, 2]) }, { a: [1, 2] }],
    ['Map', { a: new Map([['b', 1]]) }, { a: { b: 1 } }],
    ['Struct({lat: Float64, lon: Float64})', { lon: 2 }, { lat: null, lon: 2 }],
    ['Json', { d: new Date(0), u: undefined }, { d: '1970-01-01T00:00:00.000Z' }],
    ['JsonText', '{"id": 9007199254740993}', '{"id": 9007199254740993}'],
    ['JsonText', 'null', 'null'],
    ['Float32', -Infinity, -Infinity],
    ['Decimal', '-1.5e3', '-1.5e3'],
    ['Uuid', '6F3D1F6E7A0E4C579F0E0D4A3F1B2C3D', '6F3D1F6E7A0E4C579F0E0D4A3F1B2C3D'],
    ['String', '\ud83d\ude00', '\ud83d\ude00'],
  ];
  for (const [type, given, found] of taken) {
    const { codec } = read(type);
    const children = [];
    assert.deepEqual(codec.decode(codec.encode([given], children), children), [found], type);
  }
});

test('a list may be long', () => {
  const { codec } = read('Array(Float64)');
  const children = [];
  codec.encode([new Array(1_000_000).fill(1)], children);
  assert.equal(children[0].values.val.length, 1_000_000);
});

test('a member that nobody asked for is named', () => {
  const encode = () => read('Struct({lat: Float64})').codec.encode([{ lta: 1 }], []);
  assert.throws(encode, /`lta` is no member of Struct\({lat: Float64}\)/);
});

test('a type that is none is refused', () => {
  for (const type of ['', 'Int', 'Array', 'Array(Int64', 'Int64 Int64', 'Struct({})', 'constructor', 5]) {
    assert.throws(() => read(type), TypeError, String(type));
  }
});

transform(
  { name: 'rates', inputs: { rate: 'Float64?', by: 'Int64' }, outputs: { plus: 'Float64?', minus: 'Float64?' } },
  ({ rate, by }) => (rate === null ? null : { plus: rate + Number(by), minus: rate - Number(by) }),
);
transform({ name: 'divide', inputs: { a: 'Int64', b: 'Int64' }, outputs: { ratio: 'Int64' } }, ({ a, b }) => {
  if (b === 0n) throw new InvalidInput('division by zero', { column: 'b' });
  return { ratio: a / b };
});
transform({ name: 'broken', inputs: { a: 'Int64' }, outputs: { b: 'Int64' } }, ({ a }) => ({ b: a < 2n ? a : 'two' }));
transform({ name: 'fails', inputs: { a: 'Int64' }, outputs: { b: 'Int64' } }, ({ a }) => a.b.c);
transform({ name: 'forgets', inputs: { a: 'Int64' }, outputs: { b: 'Int64' } }, () => ({}));
transform(
  { name: 'summed', columns: true, inputs: { a: 'Float64', b: 'Float64?' }, outputs: { sum: 'Float64?' } },
  ({ a, b }) => {
    assert.ok(a instanceof Float64Array);
    return { sum: b.map((value, row) => (value === null ? null : value + a[row])) };
  },
);
transform({ name: 'short', columns: true, inputs: { a: 'Float64' }, outputs: { b: 'Float64' } }, ({ a }) => ({ b: a.slice(1) }));
transform(
  {
    name: 'scaled',
    inputs: { a: 'Float64' },
    outputs: { b: 'Float64' },
    parameters: ({ factor = 1 }) => {
      if (typeof factor !== 'number') throw new InvalidParameters('`factor` should be a number');
      return { factor };
    },
  },
  ({ a }, { factor }) => ({ b: a * factor }),
);

transform(
  { name: 'negative', columns: true, inputs: { a: 'Float64' }, outputs: { b: 'Float64' } },
  ({ a }) => {
    const row = a.findIndex((value) => value < 0);
    if (row >= 0) throw new InvalidInput('negative', { row, column: 'a' });
    return { b: a };
  },
);
transform(
  { name: 'big', inputs: { a: 'Float64' }, outputs: { b: 'String' }, parameters: (given) => given },
  (_, { id, text, more }) => ({ b: `${typeof id} ${id} ${text} ${more.join()}` }),
);

test('a row of arrays without nulls is told as the row of the call', () => {
  assert.throws(() => call('negative', { a: [null, 1, null, -1] }), { row: 3 });
  assert.throws(() => call('negative', { a: [1, -1] }), { row: 1 });
});

test('a whole number that a number can not hold is a bigint', () => {
  const parameters = '{"id": 9007199254740993, "text": "bigint 9007199254740993 \\" 9007199254740995", "more": [1.5, -9007199254740993, 1e300]}';
  const { codec } = read('Float64');
  const called = bind('big', parameters)(1, { columns: [codec.encode([1], [])], children: [] });
  const [found] = read('String').codec.decode(called.columns.columns[0]);
  assert.equal(found, 'bigint 9007199254740993 bigint 9007199254740993 " 9007199254740995 1.5,-9007199254740993,1e+300');
});

test('a row with a null where none is taken is null', () => {
  assert.deepEqual(call('rates', { rate: [0.5, null, 1.5], by: [1n, 2n, null] }), { plus: [1.5, null, null], minus: [-0.5, null, null] });
});

test('no rows are computed', () => {
  assert.deepEqual(call('rates', { rate: [], by: [] }), { plus: [], minus: [] });
  assert.deepEqual(call('summed', { a: [], b: [] }), { sum: [] });
});

test('columns are given without rows that they do not take', () => {
  assert.deepEqual(call('summed', { a: [1, null, 3], b: [1, 2, null] }), { sum: [2, null, null] });
  assert.deepEqual(call('summed', { a: [null], b: [1] }), { sum: [null] });
});

test('errors name row and column', () => {
  const where = (row, column) => (error) => error instanceof TransformError && error.row === row && error.column === column;
  assert.throws(() => call('divide', { a: [1n, 1n, 1n], b: [1n, null, 0n] }), where(2, 'b'));
  assert.throws(() => call('broken', { a: [0n, 1n, 2n] }), where(2, 'b'));
  assert.throws(() => call('fails', { a: [0n] }), where(0, undefined));
  assert.throws(() => call('forgets', { a: [0n] }), where(0, 'b'));
  assert.throws(() => call('short', { a: [1, 2] }), /gave 1 values for 2 rows/);
});

test('parameters are checked', () => {
  assert.deepEqual(call('scaled', { a: [2] }, { factor: 3 }), { b: [6] });
  assert.throws(() => call('scaled', { a: [2] }, { factor: 'a' }), InvalidParameters);
  assert.throws(() => call('rates', { rate: [], by: [] }, { factor: 1 }), /no parameter `factor`/);
});

test('declarations that can not be served are refused', () => {
  assert.throws(() => transform({ name: 'rates', inputs: {}, outputs: {} }, () => null), /two transforms `rates`/);
  assert.throws(() => transform({ name: 'x', inputs: { a: 'Int' }, outputs: {} }, () => null), /`a`: `Int` is no type/);
  assert.throws(() => transform({ name: 'x', input: {} }, () => null), /no option `input`/);
});
