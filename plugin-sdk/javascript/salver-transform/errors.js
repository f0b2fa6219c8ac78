// The errors that a transform may tell the gateway.

/** The transform failed. `row` counts from 0; a function of rows needn't say it. */
export class TransformError extends Error {
  constructor(message, { row, column } = {}) {
    super(message);
    this.name = 'TransformError';
    this.failure = 'failed';
    this.row = row;
    this.column = column;
  }
}

/** A value can't be computed from. */
export class InvalidInput extends TransformError {
  constructor(message, where) {
    super(message, where);
    this.name = 'InvalidInput';
    this.failure = 'invalid-input';
  }
}

/** The view's parameters can't be used. */
export class InvalidParameters extends TransformError {
  constructor(message) {
    super(message);
    this.name = 'InvalidParameters';
    this.failure = 'invalid-parameters';
  }
}

/** What the gateway is told of an error that the function didn't mean to throw. */
export function told(error, row) {
  if (error instanceof TransformError) {
    error.row ??= row;
    return error;
  }
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TransformError(said, { row });
}

/** A short text of any value. */
export function shown(value) {
  const text = textOf(value);
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `\`${short}\` (${kindOf(value)})`;
}

function textOf(value) {
  if (typeof value === 'bigint') return `${value}n`;
  try {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  } catch {
    return typeof value;
  }
}

/** What a value is: the class of an object, where it is of one. */
export function kindOf(value) {
  if (value === null) return 'null';
  const name = typeof value === 'object' && !isPlain(value) ? value.constructor?.name : undefined;
  return name || typeof value;
}

/** Whether it is an object of no class: `{..}`. One of a class of the author's own counts as such. */
export function isPlain(value) {
  return !FOREIGN.some((kind) => value instanceof kind) && !ArrayBuffer.isView(value) && !Array.isArray(value);
}

/** Objects whose values aren't their properties. */
const FOREIGN = [Map, Set, WeakMap, WeakSet, Date, RegExp, Promise, Error, ArrayBuffer, Boolean, Number, String];

/** The error for a value of another type. */
export function wrong(value, type) {
  return new TypeError(`${shown(value)} is no ${type}`);
}
