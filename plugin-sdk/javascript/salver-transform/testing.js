// Transforms called as the gateway calls them, for tests: through columns, with parameters as a view gives them.

import { DECLARED, bind } from './declare.js';

/** The output columns for these input columns; throws `TransformError` where the transform fails. */
export function call(name, inputs, parameters = {}) {
  const declared = DECLARED.get(name);
  if (declared === undefined) throw new TypeError(`there is no transform \`${name}\``);
  const names = declared.inputs.map((column) => column.name);
  if (Object.keys(inputs).length !== names.length || names.some((column) => !(column in inputs))) {
    throw new TypeError(`the inputs of \`${name}\` are ${names.join(', ')}`);
  }
  const rows = names.length === 0 ? 0 : inputs[names[0]].length;
  const children = [];
  const columns = declared.inputs.map(({ name: column, codec }) => codec.encode(inputs[column], children));
  const computed = bind(name, JSON.stringify(parameters))(rows, { columns, children });
  const outputs = computed.columns;
  return Object.fromEntries(
    declared.outputs.map(({ codec }, index) => [computed.names[index], codec.decode(outputs.columns[index], outputs.children)]),
  );
}
