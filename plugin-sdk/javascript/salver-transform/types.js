// Types by Feast's names, `Array(Float32)?`, to codecs.

import { CONTAINERS, sequence, struct } from './nested.js';
import { SCALARS } from './scalars.js';

/** Reads a type; with `?` behind it, the column may be null. */
export function read(text) {
  if (typeof text !== 'string') throw new TypeError(`a type is a text such as 'Float64?', not \`${String(text)}\``);
  const trimmed = text.trim();
  const optional = trimmed.endsWith('?');
  const reader = { text: optional ? trimmed.slice(0, -1) : trimmed, at: 0 };
  const codec = type(reader);
  if (reader.at !== reader.text.length) throw unknown(reader);
  return { codec, optional };
}

function type(reader) {
  const name = word(reader);
  if (name === 'Array' || name === 'Set') {
    const element = within(reader, '(', ')', () => type(reader));
    return sequence(`${name}(${element.type})`, element, name === 'Set');
  }
  if (name === 'Struct') return struct(within(reader, '({', '})', () => members(reader)));
  const codec = SCALARS[name] ?? CONTAINERS[name];
  if (codec === undefined || !Object.hasOwn({ ...SCALARS, ...CONTAINERS }, name)) throw unknown(reader);
  return codec;
}

function members(reader) {
  const found = [];
  do {
    const name = word(reader);
    take(reader, ':');
    found.push([name, type(reader)]);
  } while (taken(reader, ','));
  return found;
}

function within(reader, open, close, inner) {
  take(reader, open);
  const found = inner();
  take(reader, close);
  return found;
}

function word(reader) {
  skip(reader);
  const [found] = /^[^\s(){},:?]*/.exec(reader.text.slice(reader.at));
  if (found === '') throw unknown(reader);
  reader.at += found.length;
  return found;
}

function take(reader, mark) {
  for (const letter of mark) if (!taken(reader, letter)) throw unknown(reader);
}

function taken(reader, letter) {
  skip(reader);
  const is = reader.text[reader.at] === letter;
  if (is) reader.at += 1;
  return is;
}

function skip(reader) {
  while (reader.text[reader.at] === ' ') reader.at += 1;
}

function unknown(reader) {
  const names = [...Object.keys(SCALARS), ...Object.keys(CONTAINERS)].join(', ');
  return new TypeError(`\`${reader.text}\` is no type; those are ${names}, Array(..), Set(..) and Struct({name: String, ..}), with \`?\` where null is taken`);
}
