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
  const text = typeof value === 'bigint' ? `${value}n` : typeof value === 'string' ? JSON.stringify(value) : String(value);
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `\`${short}\` (${value === null ? 'null' : typeof value})`;
}

/** The error for a value of another type. */
export function wrong(value, type) {
  return new TypeError(`${shown(value)} is no ${type}`);
}
