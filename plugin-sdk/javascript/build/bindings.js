// How `transform` crosses between the component's memory and JavaScript. The build puts this in the place of what
// componentize-js generates from transform.wit, which does the same and takes three times as long: it looks at each
// number through a DataView, copies each list twice, and measures each text letter by letter, all in an interpreter.
//
// The layout is that of the canonical ABI for `batch` in transform.wit, which never changes within v1. The arrays that
// a transform is given are views of the memory, and are gone when the call ends.

const EMPTY = new Uint8Array(0);
const TAGS = ['boolean', 'int32', 'int64', 'float32', 'float64', 'unix-timestamp', 'zoned-timestamp', 'bytes', 'text', 'json', 'uuid', 'time-uuid', 'decimal', 'list', 'set', 'map', 'scalar-map', 'struct', 'mixed'];
const KINDS = new Map(TAGS.map((tag, kind) => [tag, kind]));
const FAILURES = ['unknown-transform', 'invalid-parameters', 'invalid-input', 'failed'];
const ARRAY = 44;
const MEMBER = 12;
const CHUNK = 1024;
/** Up to so many elements, a list is a plain array: making a typed one takes longer than reading it. */
const FEW = 8;
const DONE = Promise.resolve();

let buffer;
let bytes;
let words;
/** Views of the whole memory, by the kinds of numbers. */
let views;
/** What is given back after a call: address, size and alignment of each list, one after the other. */
let owned = [];
/** Where the next list of a result goes, and where the chunk ends that was allocated for them. */
let next = 0;
let end = 0;

/** The memory may have grown. It is never moved: what was looked at before stays where it is. */
function look() {
  const now = $memory.buffer;
  if (now === buffer) return;
  buffer = now;
  const size = now.byteLength & ~7;
  bytes = new Uint8Array(now);
  words = new Uint32Array(now, 0, size >> 2);
  const int64 = new BigInt64Array(now, 0, size >> 3);
  const int32 = new Int32Array(now, 0, size >> 2);
  views = [bytes, int32, int64, new Float32Array(now, 0, size >> 2), new Float64Array(now, 0, size >> 3), int64];
}

const SHIFTS = [0, 2, 3, 2, 3, 3];
const TYPES = [Uint8Array, Int32Array, BigInt64Array, Float32Array, Float64Array, BigInt64Array];

function liftNumbers(at, kind) {
  const length = words[at + 1];
  if (length === 0) return [];
  const pointer = words[at];
  const shift = SHIFTS[kind];
  owned.push(pointer, length << shift, 1 << shift);
  if (length > FEW) return new TYPES[kind](buffer, pointer, length);
  const view = views[kind];
  const first = pointer >>> shift;
  if (length === 1) return [view[first]];
  const few = [];
  for (let index = 0; index < length; index++) few.push(view[first + index]);
  return few;
}

function liftBytes(at) {
  const length = words[at + 1];
  if (length === 0) return EMPTY;
  owned.push(words[at], length, 1);
  return new Uint8Array(buffer, words[at], length);
}

function liftOffsets(at) {
  const length = words[at + 1];
  if (length === 0) return [];
  const pointer = words[at];
  owned.push(pointer, length << 2, 4);
  if (length > FEW) return new Uint32Array(buffer, pointer, length);
  const few = [];
  for (let index = 0, first = pointer >>> 2; index < length; index++) few.push(words[first + index]);
  return few;
}

function liftBlobs(at) {
  return { offsets: liftOffsets(at), data: liftBytes(at + 2) };
}

function liftText(pointer, length) {
  if (length === 0) return '';
  owned.push(pointer, length, 1);
  return TEXT_DECODER_UTF8.decode(new Uint8Array(buffer, pointer, length));
}

/** The text that stood there in the last call, where it is the same: the transform's name, and its parameters. */
function liftSame(known, pointer, length) {
  if (known.bytes.length !== length || (pointer & 3) !== 0) return relift(known, pointer, length);
  const whole = length >> 2;
  for (let index = 0, first = pointer >>> 2; index < whole; index++) {
    if (words[first + index] !== known.words[index]) return relift(known, pointer, length);
  }
  for (let index = whole << 2; index < length; index++) {
    if (bytes[pointer + index] !== known.bytes[index]) return relift(known, pointer, length);
  }
  if (length !== 0) owned.push(pointer, length, 1);
  return known.text;
}

function relift(known, pointer, length) {
  known.bytes = bytes.slice(pointer, pointer + length);
  known.words = new Uint32Array(known.bytes.buffer, 0, length >> 2);
  known.text = liftText(pointer, length);
  return known.text;
}

const NAME = { text: '', bytes: EMPTY, words: new Uint32Array(0) };
const PARAMETERS = { text: '', bytes: EMPTY, words: new Uint32Array(0) };

/** `at` is in words: whether there is a validity, the validity, the byte of its case, and what the case has. */
function liftArray(at) {
  const kind = words[at + 3] & 255;
  const val = kind < 6 ? liftNumbers(at + 4, kind) : liftOther(kind, at + 4);
  const validity = (words[at] & 255) === 0 ? undefined : liftNumbers(at + 1, 0);
  return { validity, values: { tag: TAGS[kind], val } };
}

function liftOther(kind, at) {
  switch (kind) {
    case 6: return { seconds: liftNumbers(at, 2), zones: liftBlobs(at + 2) };
    case 7: case 8: case 9: case 10: case 11: case 12: return liftBlobs(at);
    case 13: case 14: return { offsets: liftOffsets(at), elements: words[at + 2] };
    case 15: return { offsets: liftOffsets(at), keys: liftBlobs(at + 2), values: words[at + 6] };
    case 16: return { offsets: liftOffsets(at), keys: words[at + 2], values: words[at + 3] };
    case 17: return { length: words[at], members: liftMembers(at + 1) };
    default: return { choices: liftNumbers(at, 0), positions: liftOffsets(at + 2), alternatives: liftOffsets(at + 4) };
  }
}

function liftMembers(at) {
  const members = [];
  const start = words[at] >> 2;
  const length = words[at + 1];
  if (length !== 0) owned.push(words[at], length * MEMBER, 4);
  for (let index = 0; index < length; index++) {
    const member = start + index * 3;
    members.push({ name: liftText(words[member], words[member + 1]), values: words[member + 2] });
  }
  return members;
}

function liftArrays(pointer, length) {
  const arrays = new Array(length);
  if (length !== 0) owned.push(pointer, length * ARRAY, 4);
  for (let index = 0, at = pointer >> 2; index < length; index++, at += ARRAY >> 2) {
    arrays[index] = liftArray(at);
  }
  return arrays;
}

function release() {
  const given = owned;
  owned = [];
  for (let index = 0; index < given.length; index += 3) $dealloc(given[index], given[index + 1], given[index + 2]);
}

/** Memory for a list of a result. The engine frees the chunks once the gateway has read them. */
function allocate(size) {
  let pointer = (next + 7) & ~7;
  if (pointer + size > end) {
    const chunk = size > CHUNK ? size : CHUNK;
    pointer = $realloc(0, 0, 8, chunk);
    end = pointer + chunk;
    if (end > bytes.length) look();
  }
  next = pointer + size;
  return pointer;
}

function lowerNumbers(list, kind, at) {
  const length = list.length;
  const shift = SHIFTS[kind];
  const pointer = length === 0 ? 8 : allocate(length << shift);
  words[at] = pointer;
  words[at + 1] = length;
  const view = views[kind];
  const first = pointer >>> shift;
  if (length > FEW) return view.set(list, first);
  for (let index = 0; index < length; index++) view[first + index] = list[index];
}

function lowerOffsets(list, at) {
  const length = list.length;
  const pointer = length === 0 ? 4 : allocate(length << 2);
  words[at] = pointer;
  words[at + 1] = length;
  words.set(list, pointer >>> 2);
}

function lowerBlobs(blobs, at) {
  lowerOffsets(blobs.offsets, at);
  lowerNumbers(blobs.data, 0, at + 2);
}

const ENCODED = new Map();

/** The names of columns and members, which are few. */
function lowerName(name, at) {
  let encoded = ENCODED.get(name);
  if (encoded === undefined) {
    if (ENCODED.size >= 1024) ENCODED.clear();
    encoded = TEXT_ENCODER_UTF8.encode(name);
    ENCODED.set(name, encoded);
  }
  lowerNumbers(encoded, 0, at);
}

function lowerArray(array, at) {
  const { validity } = array;
  words[at] = validity === undefined ? 0 : 1;
  if (validity !== undefined) lowerNumbers(validity, 0, at + 1);
  const { tag, val } = array.values;
  const kind = KINDS.get(tag);
  words[at + 3] = kind;
  if (kind < 6) lowerNumbers(val, kind, at + 4);
  else lowerOther(kind, val, at + 4);
}

function lowerOther(kind, val, at) {
  switch (kind) {
    case 6:
      lowerNumbers(val.seconds, 2, at);
      return lowerBlobs(val.zones, at + 2);
    case 7: case 8: case 9: case 10: case 11: case 12:
      return lowerBlobs(val, at);
    case 13: case 14:
      lowerOffsets(val.offsets, at);
      words[at + 2] = val.elements;
      return;
    case 15:
      lowerOffsets(val.offsets, at);
      lowerBlobs(val.keys, at + 2);
      words[at + 6] = val.values;
      return;
    case 16:
      lowerOffsets(val.offsets, at);
      words[at + 2] = val.keys;
      words[at + 3] = val.values;
      return;
    case 17:
      words[at] = val.length;
      return lowerMembers(val.members, at + 1);
    default:
      lowerNumbers(val.choices, 0, at);
      lowerOffsets(val.positions, at + 2);
      lowerOffsets(val.alternatives, at + 4);
  }
}

function lowerMembers(members, at) {
  const start = members.length === 0 ? 4 : allocate(members.length * MEMBER);
  words[at] = start;
  words[at + 1] = members.length;
  for (let index = 0, member = start >> 2; index < members.length; index++, member += MEMBER >> 2) {
    lowerName(members[index].name, member);
    words[member + 2] = members[index].values;
  }
}

function lowerComputed(computed, at) {
  const { names, columns } = computed;
  const first = names.length === 0 ? 4 : allocate(names.length << 3);
  words[at] = first;
  words[at + 1] = names.length;
  for (let index = 0, name = first >> 2; index < names.length; index++, name += 2) lowerName(names[index], name);
  lowerArrays(columns.columns, at + 2);
  lowerArrays(columns.children, at + 4);
}

function lowerArrays(arrays, at) {
  const first = arrays.length === 0 ? 4 : allocate(arrays.length * ARRAY);
  words[at] = first;
  words[at + 1] = arrays.length;
  for (let index = 0, array = first >> 2; index < arrays.length; index++, array += ARRAY >> 2) {
    lowerArray(arrays[index], array);
  }
}

function lowerError(error, at) {
  words[at] = Math.max(FAILURES.indexOf(error.failure), 0);
  lowerNumbers(TEXT_ENCODER_UTF8.encode(error.message), 0, at + 1);
  words[at + 3] = error.row === undefined ? 0 : 1;
  words[at + 4] = error.row === undefined ? 0 : error.row;
  words[at + 5] = error.column === undefined ? 0 : 1;
  if (error.column !== undefined) lowerNumbers(TEXT_ENCODER_UTF8.encode(error.column), 0, at + 6);
}

function export_transforms_1_0_0$transform(name, nameLength, parameters, parametersLength, rows, columns, columnsLength, children, childrenLength, result) {
  look();
  const called = liftSame(NAME, name, nameLength);
  const given = liftSame(PARAMETERS, parameters, parametersLength);
  const batch = { columns: liftArrays(columns, columnsLength), children: liftArrays(children, childrenLength) };
  let computed;
  let failed;
  try {
    computed = transforms100Transform(called, given, rows >>> 0, batch);
  } catch (error) {
    failed = getErrorPayload(error);
  }
  look();
  next = 0;
  end = 0;
  const at = result >> 2;
  words[at] = failed === undefined ? 0 : 1;
  if (failed === undefined) lowerComputed(computed, at + 1);
  else lowerError(failed, at + 1);
  release();
  return DONE;
}
