// What a plugin in JavaScript imports. Types and options: index.d.ts.

import { DECLARED, bind, describe, transform } from './declare.js';
import { InvalidInput, InvalidParameters, TransformError } from './errors.js';
import { connect, log } from './log.js';
import { guard, seal } from './sealed.js';

export { InvalidInput, InvalidParameters, TransformError, log, transform };

/** What the component exports: `interface transforms` of transform.wit. For the build. */
export const transforms = {
  names: () => [...DECLARED.keys()],
  describe: (name, parameters) => sent(() => describe(name, parameters)),
  transform(name, parameters, rows, batch) {
    try {
      return bind(name, parameters)(rows, batch);
    } catch (error) {
      throw payload(error);
    }
  },
};

function sent(compute) {
  try {
    return compute();
  } catch (error) {
    throw payload(error);
  }
}

/** The generated bindings look at `payload`. */
function payload(error) {
  const { failure = 'failed', message, row, column } = error;
  return { payload: { failure, message: String(message), row, column } };
}

/** For the build: where the log goes inside of a component, and what it doesn't have. */
export { connect, guard, seal };
