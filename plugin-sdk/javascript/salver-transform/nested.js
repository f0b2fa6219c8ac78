// Columns of lists, sets, maps and structs, and values whose kind isn't declared. Their elements are in arrays of their
// own, which `children` holds.

import { isPlain, wrong } from './errors.js';
import { SCALARS, TEXTS, validityOf } from './scalars.js';

/** Adds an array to the children, before those that it refers to itself, and tells its index. */
function put(codec, values, children) {
  const index = children.push(null) - 1;
  children[index] = codec.encode(values, children);
  return index;
}

function nulled(values, validity) {
  return validity === undefined ? values : values.map((value, index) => (validity[index] === 0 ? null : value));
}

function isNull(value) {
  return value === null || value === undefined;
}

function spans(offsets, cut) {
  const values = [];
  for (let index = 0; index + 1 < offsets.length; index++) values.push(cut(offsets[index], offsets[index + 1]));
  return values;
}

/** The elements of all values, one after the other, and where those of each end. */
function flat(values, elementsOf) {
  const offsets = [0];
  const elements = [];
  for (const value of values) {
    // Spread, a long list would be more arguments than a function takes.
    if (!isNull(value)) for (const element of elementsOf(value)) elements.push(element);
    offsets.push(elements.length);
  }
  return { offsets, elements };
}

/** Lists (arrays, typed ones too) and sets. */
export function sequence(type, element, isSet) {
  const elementsOf = (value) => {
    if (isSet ? value instanceof Set : Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) return value;
    throw wrong(value, type);
  };
  return {
    type,
    nested: true,
    decode(array, children) {
      const { offsets, elements } = array.values.val;
      const all = element.decode(children[elements], children);
      const cut = (start, end) => (isSet ? new Set(all.slice(start, end)) : all.slice(start, end));
      return nulled(spans(offsets, cut), array.validity);
    },
    encode(values, children) {
      const { offsets, elements } = flat(values, elementsOf);
      if (!element.nested && elements.some(isNull)) throw new TypeError(`an element of ${type} can't be null`);
      const at = put(element, elements, children);
      return { validity: validityOf(values), values: { tag: isSet ? 'set' : 'list', val: { offsets, elements: at } } };
    },
  };
}

/** Objects whose values are of any kind; `Map`s with texts for keys are told, too. */
const map = {
  type: 'Map',
  nested: true,
  decode(array, children) {
    const { offsets, keys, values } = array.values.val;
    const names = TEXTS.load(keys);
    const items = ANY.decode(children[values], children);
    const cut = (start, end) => {
      const object = {};
      for (let index = start; index < end; index++) define(object, names[index], items[index]);
      return object;
    };
    return nulled(spans(offsets, cut), array.validity);
  },
  encode(values, children) {
    const { offsets, elements } = flat(values, (value) => {
      if (value instanceof Map) return value;
      if (typeof value !== 'object' || !isPlain(value)) throw wrong(value, 'Map');
      return Object.entries(value);
    });
    const names = elements.map((entry) => entry[0]);
    if (names.some(isNull)) throw new TypeError('a key of a Map is a text');
    const keys = TEXTS.dump(names);
    const at = put(ANY, elements.map((entry) => entry[1]), children);
    return { validity: validityOf(values), values: { tag: 'map', val: { offsets, keys, values: at } } };
  },
};

/** `__proto__` is a key as any other. */
function define(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** `Map`s, whose keys are of one kind. */
const scalarMap = {
  type: 'ScalarMap',
  nested: true,
  decode(array, children) {
    const { offsets, keys, values } = array.values.val;
    const names = ANY.decode(children[keys], children);
    const items = ANY.decode(children[values], children);
    const cut = (start, end) => new Map(names.slice(start, end).map((name, index) => [name, items[start + index]]));
    return nulled(spans(offsets, cut), array.validity);
  },
  encode(values, children) {
    const { offsets, elements } = flat(values, (value) => {
      if (!(value instanceof Map)) throw wrong(value, 'ScalarMap');
      return value;
    });
    const names = elements.map((entry) => entry[0]);
    const codecs = new Set(names.map(codecOf));
    if (codecs.size > 1) throw new TypeError('the keys of a ScalarMap are of one type');
    const [codec = SCALARS.Int64] = codecs;
    if (codec.nested || codec === SCALARS.String) throw new TypeError(`${codec.type} can't be the key of a ScalarMap`);
    const keys = put(codec, names, children);
    const at = put(ANY, elements.map((entry) => entry[1]), children);
    return { validity: validityOf(values), values: { tag: 'scalar-map', val: { offsets, keys, values: at } } };
  },
};

/** Objects with the same members each: pairs of a name and a codec. */
export function struct(members) {
  const type = `Struct({${members.map(([name, codec]) => `${name}: ${codec.type}`).join(', ')}})`;
  const names = new Set(members.map(([name]) => name));
  return {
    type,
    nested: true,
    decode(array, children) {
      const { length, members: given } = array.values.val;
      const columns = members.map(([, codec], index) => codec.decode(children[given[index].values], children));
      const values = [];
      for (let row = 0; row < length; row++) {
        const object = {};
        members.forEach(([name], index) => define(object, name, columns[index][row]));
        values.push(object);
      }
      return nulled(values, array.validity);
    },
    encode(values, children) {
      for (const value of values) if (!isNull(value)) checkMembers(value, names, type);
      const given = members.map(([name, codec]) => {
        const column = values.map((value) => (isNull(value) ? null : value[name]));
        return { name, values: put(codec, column, children) };
      });
      return { validity: validityOf(values), values: { tag: 'struct', val: { length: values.length, members: given } } };
    },
  };
}

/** A member that isn't there is null; one that nobody asked for is mostly one that is spelt otherwise. */
function checkMembers(value, names, type) {
  if (typeof value !== 'object' || !isPlain(value)) throw wrong(value, type);
  for (const name in value) {
    if (Object.hasOwn(value, name) && !names.has(name)) throw new TypeError(`\`${name}\` is no member of ${type}`);
  }
}

/** Each value says itself of which kind it is. */
const any = {
  type: 'Any',
  nested: true,
  decode(array, children) {
    const { tag, val } = array.values;
    if (tag === 'struct') return struct(val.members.map(({ name }) => [name, any])).decode(array, children);
    if (tag !== 'mixed') return BY_TAG[tag].decode(array, children);
    const alternatives = Array.from(val.alternatives, (index) => any.decode(children[index], children));
    const valid = (index) => array.validity === undefined || array.validity[index] !== 0;
    return Array.from(val.choices, (choice, index) => (valid(index) ? alternatives[choice][val.positions[index]] : null));
  },
  encode(values, children) {
    const groups = new Map();
    const choices = [];
    const positions = [];
    for (const value of values) {
      const group = isNull(value) ? { choice: 0, values: [] } : groupOf(groups, codecOf(value));
      choices.push(group.choice);
      positions.push(group.values.length);
      group.values.push(value);
    }
    const alternatives = [...groups].map(([codec, group]) => put(codec, group.values, children));
    return { validity: validityOf(values), values: { tag: 'mixed', val: { choices, positions, alternatives } } };
  },
};

function groupOf(groups, codec) {
  let group = groups.get(codec);
  if (group === undefined) {
    group = { choice: groups.size, values: [] };
    groups.set(codec, group);
  }
  return group;
}

export const ANY = any;
export const CONTAINERS = {
  Map: map,
  ScalarMap: scalarMap,
  ValueList: sequence('ValueList', any, false),
  ValueSet: sequence('ValueSet', any, true),
};
const LISTS = new Map();
const SETS = new Map();
for (const codec of Object.values(SCALARS)) {
  LISTS.set(codec, sequence(`Array(${codec.type})`, codec, false));
  SETS.set(codec, sequence(`Set(${codec.type})`, codec, true));
}
const BY_TAG = {
  boolean: SCALARS.Bool,
  int32: SCALARS.Int32,
  int64: SCALARS.Int64,
  float32: SCALARS.Float32,
  float64: SCALARS.Float64,
  'unix-timestamp': SCALARS.UnixTimestamp,
  'zoned-timestamp': SCALARS.ZonedTimestamp,
  bytes: SCALARS.Bytes,
  text: SCALARS.String,
  json: SCALARS.Json,
  uuid: SCALARS.Uuid,
  'time-uuid': SCALARS.TimeUuid,
  decimal: SCALARS.Decimal,
  list: CONTAINERS.ValueList,
  set: CONTAINERS.ValueSet,
  map,
  'scalar-map': scalarMap,
};

/** A typed list where all elements are scalars of one kind, else one whose elements say their kinds. */
function codecOf(value) {
  switch (typeof value) {
    case 'boolean':
      return SCALARS.Bool;
    case 'bigint':
      return SCALARS.Int64;
    case 'number':
      return SCALARS.Float64;
    case 'string':
      return SCALARS.String;
    case 'object':
      break;
    default:
      throw wrong(value, 'value that a feature can have');
  }
  if (value instanceof Uint8Array) return SCALARS.Bytes;
  if (ArrayBuffer.isView(value)) return typedList(value);
  if (Array.isArray(value)) return LISTS.get(common(value)) ?? CONTAINERS.ValueList;
  if (value instanceof Set) return SETS.get(common([...value])) ?? CONTAINERS.ValueSet;
  if (value instanceof Map) return hasTexts(value) ? map : scalarMap;
  if (!isPlain(value)) throw wrong(value, 'value that a feature can have');
  return map;
}

/** A `Map` whose keys are texts is a Map of Feast's; another, and one without keys, is a ScalarMap. */
function hasTexts(value) {
  const [first] = value.keys();
  return typeof first === 'string';
}

function typedList(value) {
  if (value instanceof Int32Array) return LISTS.get(SCALARS.Int32);
  if (value instanceof Float32Array) return LISTS.get(SCALARS.Float32);
  if (value instanceof Float64Array) return LISTS.get(SCALARS.Float64);
  if (value instanceof BigInt64Array) return LISTS.get(SCALARS.Int64);
  throw wrong(value, 'value that a feature can have');
}

function common(elements) {
  const codecs = new Set(elements.map((element) => (isNull(element) ? undefined : codecOf(element))));
  return codecs.size === 1 ? [...codecs][0] : undefined;
}
