// Columns of one value each to arrays of JavaScript values, and back.
//
// A codec is made once for each column. `decode` gives an array with `null` where the value is null; `encode` takes
// such an array, and throws a `TypeError` where a value isn't of its type. The records are those of `interface columns`
// in transform.wit; lists of numbers are plain or typed arrays.

import { isPlain, kindOf, shown, wrong } from './errors.js';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** Undefined where nothing is null. */
export function validityOf(values) {
  for (let index = 0; index < values.length; index++) {
    if (values[index] === null || values[index] === undefined) {
      return Uint8Array.from(values, (value) => (value === null || value === undefined ? 0 : 1));
    }
  }
  return undefined;
}

const same = (value) => value;

/** What crosses as numbers. */
export function numbers(type, tag, Typed, check, load = same) {
  return {
    type,
    nested: false,
    Typed: load === same ? Typed : undefined,
    decode(array) {
      const { validity } = array;
      const { val } = array.values;
      const values = new Array(val.length);
      for (let index = 0; index < val.length; index++) {
        values[index] = validity !== undefined && validity[index] === 0 ? null : load(val[index]);
      }
      return values;
    },
    encode(values) {
      if (values instanceof Typed && Typed !== Uint8Array) return { validity: undefined, values: { tag, val: values } };
      const validity = validityOf(values);
      const zero = Typed === BigInt64Array ? 0n : 0;
      const val = values.length > 8 ? new Typed(values.length) : [];
      for (let index = 0; index < values.length; index++) {
        const value = values[index];
        val[index] = value === null || value === undefined ? zero : check(value);
      }
      return { validity, values: { tag, val } };
    },
  };
}

function int64(value) {
  if (typeof value === 'bigint' && value >= LEAST && value <= MOST) return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw wrong(value, 'Int64');
}

function int32(value) {
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31) return value;
  throw wrong(value, 'Int32');
}

function float64(value) {
  if (typeof value === 'number') return value;
  throw wrong(value, 'Float64');
}

/** One that is too large would become infinite. */
function float32(value) {
  if (typeof value === 'number' && (Number.isFinite(Math.fround(value)) || !Number.isFinite(value))) return value;
  throw wrong(value, 'Float32');
}

function bool(value) {
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw wrong(value, 'Bool');
}

function seconds(value) {
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new TypeError(`${shown(value)} is no UnixTimestamp: those are whole seconds since 1970`);
}

function loadSeconds(value) {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new TypeError(`\`${value}\` seconds since 1970 are more than a number can hold`);
}

/** Texts and bytes: one after the other, with offsets. */
export function blobs(type, tag, load, dump) {
  return {
    type,
    nested: false,
    decode(array) {
      const { validity } = array;
      const { offsets, data } = array.values.val;
      const values = new Array(offsets.length - 1);
      for (let index = 0; index < values.length; index++) {
        const isNull = validity !== undefined && validity[index] === 0;
        values[index] = isNull ? null : load(data.subarray(offsets[index], offsets[index + 1]));
      }
      return values;
    },
    encode(values) {
      return { validity: validityOf(values), values: { tag, val: joined(values, dump) } };
    },
  };
}

function joined(values, dump) {
  const pieces = [];
  const offsets = [0];
  let length = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value !== null && value !== undefined) {
      const piece = dump(value);
      pieces.push(piece);
      length += piece.length;
    }
    offsets.push(length);
  }
  if (pieces.length === 1) return { offsets, data: pieces[0] };
  const data = new Uint8Array(length);
  for (let index = 0, at = 0; index < pieces.length; index++) {
    data.set(pieces[index], at);
    at += pieces[index].length;
  }
  return { offsets, data };
}

const loadText = (bytes) => (bytes.length === 0 ? '' : DECODER.decode(bytes));

function encoded(value) {
  return ENCODER.encode(wellFormed(value));
}

/** UTF-8 has no halves of pairs of surrogates. */
function wellFormed(value) {
  if (value.isWellFormed()) return value;
  throw new TypeError(`${shown(value)} has half of a pair of surrogates, which is no letter`);
}

/** A text; with `pattern`, one that is as it says. */
function dumpText(type, pattern) {
  return (value) => {
    if (typeof value === 'string' && (pattern === undefined || pattern.test(value))) return encoded(value);
    throw wrong(value, type);
  };
}

const UUID = /^(urn:)?(uuid:)?\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;
const DECIMAL = /^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)$/i;

const loadBytes = (bytes) => bytes.slice();

function dumpBytes(value) {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${shown(value)} is no Bytes: those are Uint8Arrays`);
}

function dumpJson(value) {
  let text;
  try {
    text = JSON.stringify(value, onlyJson);
  } catch (error) {
    throw new TypeError(`${shown(value)} is no Json: ${error.message}`);
  }
  if (text === undefined) throw wrong(value, 'Json');
  return encoded(text);
}

/** What JSON has nothing for is lost without a word elsewhere. A Date has made a text of itself before it comes here. */
function onlyJson(key, value) {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
  wellFormed(key);
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`JSON has no ${typeof value}`);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlain(value)) {
    throw new TypeError(`JSON has nothing for a ${kindOf(value)} (\`${key}\`)`);
  }
  return value;
}

function dumpJsonText(value) {
  const bytes = dumpText('Json')(value);
  try {
    JSON.parse(value);
  } catch (error) {
    throw new TypeError(`${shown(value)} is no JSON document: ${error.message}`);
  }
  return bytes;
}

const text = (type, tag, pattern) => blobs(type, tag, loadText, dumpText(type, pattern));
const bytes = (type) => blobs(type, 'bytes', loadBytes, dumpBytes);

/** Texts without nulls: the keys of maps, the names of zones. */
export const TEXTS = {
  load: (val) => text('String', 'text').decode({ validity: undefined, values: { val } }),
  dump: (values) => joined(values, dumpText('String')),
};

const zoned = {
  type: 'ZonedTimestamp',
  nested: false,
  decode(array) {
    const { seconds: times, zones } = array.values.val;
    const names = TEXTS.load(zones);
    return names.map((zone, index) => {
      const isNull = array.validity !== undefined && array.validity[index] === 0;
      return isNull ? null : { seconds: loadSeconds(times[index]), zone };
    });
  },
  encode(values) {
    const times = BigInt64Array.from(values, (value) => (value ? seconds(value.seconds) : 0n));
    const zones = TEXTS.dump(Array.from(values, (value) => (value ? value.zone : '')));
    return { validity: validityOf(values), values: { tag: 'zoned-timestamp', val: { seconds: times, zones } } };
  },
};

export const SCALARS = {
  Bool: numbers('Bool', 'boolean', Uint8Array, bool, (byte) => byte === 1),
  Int32: numbers('Int32', 'int32', Int32Array, int32),
  Int64: numbers('Int64', 'int64', BigInt64Array, int64),
  Float32: numbers('Float32', 'float32', Float32Array, float32),
  Float64: numbers('Float64', 'float64', Float64Array, float64),
  UnixTimestamp: numbers('UnixTimestamp', 'unix-timestamp', BigInt64Array, seconds, loadSeconds),
  ZonedTimestamp: zoned,
  String: text('String', 'text'),
  Uuid: text('Uuid', 'uuid', UUID),
  TimeUuid: text('TimeUuid', 'time-uuid', UUID),
  Decimal: text('Decimal', 'decimal', DECIMAL),
  Bytes: bytes('Bytes'),
  PdfBytes: bytes('PdfBytes'),
  ImageBytes: bytes('ImageBytes'),
  Json: blobs('Json', 'json', (data) => JSON.parse(loadText(data)), dumpJson),
  JsonText: blobs('Json', 'json', loadText, dumpJsonText),
};
