// What one call of a transform does. For a function of rows, the loop over them is written out for its columns: the
// engine inside of a component interprets, and would take longer to walk lists of columns than to compute.

import { InvalidInput, TransformError, told } from './errors.js';

/** A function of the number of rows and a batch; it throws `TransformError` and nothing else. */
export function compile(declared, parameters) {
  const compute = declared.ofColumns ? ofColumns(declared, parameters) : ofRows(declared, parameters);
  return (rows, batch) => {
    const inputs = decode(declared, batch);
    const outputs = compute(rows, inputs, skipped(declared, rows, batch));
    return encode(declared, outputs);
  };
}

function decode(declared, batch) {
  const { inputs } = declared;
  const decoded = [];
  for (let index = 0; index < inputs.length; index++) {
    const array = batch.columns[index];
    try {
      decoded.push(inputs[index].codec.decode(array, batch.children));
    } catch (error) {
      throw new InvalidInput(error.message, { column: inputs[index].name });
    }
  }
  return decoded;
}

/** The rows that have a null where none is taken; nothing where there are none. */
function skipped(declared, rows, batch) {
  let found;
  for (let index = 0; index < declared.inputs.length; index++) {
    const { validity } = batch.columns[index];
    if (validity === undefined || declared.inputs[index].optional) continue;
    found ??= new Array(rows).fill(false);
    for (let row = 0; row < rows; row++) if (validity[row] === 0) found[row] = true;
  }
  return found;
}

function encode(declared, outputs) {
  const children = [];
  const columns = [];
  const names = [];
  for (let index = 0; index < outputs.length; index++) {
    const { name, codec } = declared.outputs[index];
    names.push(name);
    try {
      columns.push(codec.encode(outputs[index], children));
    } catch (error) {
      throw new TransformError(error.message, { row: rowOf(codec, outputs[index]), column: name });
    }
  }
  return { names, columns: { columns, children } };
}

/** The first row whose value can't be encoded alone. */
function rowOf(codec, values) {
  const at = Array.from(values).findIndex((value) => {
    try {
      codec.encode([value], []);
      return false;
    } catch {
      return true;
    }
  });
  return at < 0 ? undefined : at;
}

function ofRows(declared, parameters) {
  const { inputs, outputs, run } = declared;
  const quoted = ({ name }) => JSON.stringify(name);
  // `["__proto__"]: x` is a key as any other.
  const row = inputs.map((column, index) => `[${quoted(column)}]: i${index}[row]`).join(', ');
  const source = `
    return (rows, inputs, skipped) => {
      ${inputs.map((_, index) => `const i${index} = inputs[${index}];`).join('\n')}
      ${outputs.map((_, index) => `const o${index} = [];`).join('\n')}
      let row = 0;
      try {
        for (; row < rows; row++) {
          const computed = skipped !== undefined && skipped[row] ? null : run({ ${row} }, parameters);
          if (computed === null || computed === undefined) {
            ${outputs.map((_, index) => `o${index}.push(null);`).join(' ')}
            continue;
          }
          ${outputs.map((column, index) => `const c${index} = computed[${quoted(column)}];
          if (c${index} === undefined) missing(${quoted(column)});
          o${index}.push(c${index});`).join('\n')}
        }
      } catch (error) {
        throw told(error, row);
      }
      return [${outputs.map((_, index) => `o${index}`).join(', ')}];
    };`;
  return new Function('run', 'parameters', 'told', 'missing', source)(run, parameters, told, missing);
}

function missing(column) {
  throw new TransformError(`what the function returned has no \`${column}\``, { column });
}

function ofColumns(declared, parameters) {
  const { inputs, outputs, run } = declared;
  return (rows, decoded, without) => {
    const kept = without === undefined ? rows : without.filter((skip) => !skip).length;
    if (without !== undefined && kept === 0) return outputs.map(() => new Array(rows).fill(null));
    const given = {};
    inputs.forEach(({ name, codec, optional }, index) => {
      const values = without === undefined ? decoded[index] : decoded[index].filter((_, row) => !without[row]);
      given[name] = codec.Typed !== undefined && !optional ? codec.Typed.from(values) : values;
    });
    let computed;
    try {
      computed = run(given, parameters);
    } catch (error) {
      throw inCall(told(error), without);
    }
    return outputs.map(({ name }) => scattered(columnOf(computed, name, kept), without));
  };
}

/** The function counts the rows that it was given; the call has those with nulls, too. */
function inCall(error, without) {
  if (without === undefined || error.row === undefined) return error;
  const kept = [...without.keys()].filter((row) => !without[row]);
  error.row = kept[error.row];
  return error;
}

function columnOf(computed, name, rows) {
  const values = computed?.[name];
  if (values === undefined) throw new TransformError(`what the function returned has no \`${name}\``, { column: name });
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) {
    throw new TransformError('the function gave no array for a column', { column: name });
  }
  if (values.length !== rows) {
    throw new TransformError(`the function gave ${values.length} values for ${rows} rows`, { column: name });
  }
  return values;
}

function scattered(values, without) {
  if (without === undefined) return values;
  let next = 0;
  return without.map((skip) => (skip ? null : values[next++]));
}
