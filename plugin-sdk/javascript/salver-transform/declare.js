// `transform(options, function)`: declares a transform.

import { InvalidParameters, TransformError } from './errors.js';
import { compile } from './run.js';
import { read } from './types.js';

/** By their names, in the order in which they were declared. */
export const DECLARED = new Map();

const OPTIONS = ['name', 'documentation', 'inputs', 'outputs', 'columns', 'parameters', 'deterministic'];

/** Declares a function as a transform, and returns it. See index.d.ts. */
export function transform(options, run) {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw new TypeError(`\`transform\` has no option \`${unknown}\`; it has ${OPTIONS.join(', ')}`);
  const name = options.name ?? run.name;
  if (!name) throw new TypeError('the transform has no name; give it one: `transform({name: …`');
  if (DECLARED.has(name)) throw new TypeError(`there are two transforms \`${name}\``);
  DECLARED.set(name, {
    name,
    documentation: options.documentation ?? '',
    inputs: columns(name, options.inputs ?? {}),
    outputs: columns(name, options.outputs ?? {}),
    deterministic: options.deterministic ?? true,
    ofColumns: options.columns ?? false,
    check: options.parameters ?? noParameters,
    run,
    bound: new Map(),
  });
  return run;
}

function columns(transformName, types) {
  return Object.entries(types).map(([name, given]) => {
    try {
      return { name, ...read(given) };
    } catch (error) {
      throw new TypeError(`the transform \`${transformName}\`: \`${name}\`: ${error.message}`);
    }
  });
}

function noParameters(given) {
  const [name] = Object.keys(given);
  if (name !== undefined) throw new InvalidParameters(`there is no parameter \`${name}\`; the transform takes none`);
  return given;
}

const MOST_BOUND = 64;

/** The transform under these parameters: a function of rows and a batch. */
export function bind(name, parameters) {
  const declared = DECLARED.get(name);
  if (declared === undefined) throw unknownTransform(name);
  const known = declared.bound.get(parameters);
  if (known !== undefined) return known;
  if (declared.bound.size >= MOST_BOUND) declared.bound.clear();
  const bound = compile(declared, checked(declared, parameters));
  declared.bound.set(parameters, bound);
  return bound;
}

function unknownTransform(name) {
  const names = [...DECLARED.keys()].map((known) => `\`${known}\``).join(', ');
  const error = new TransformError(`there is no transform \`${name}\`; there is: ${names}`);
  error.failure = 'unknown-transform';
  return error;
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON, with a `bigint` for each whole number that a number can't hold. */
function parse(text) {
  const isBig = (token) => /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token));
  if (!(text.match(TOKENS) ?? []).some(isBig)) return JSON.parse(text);
  let mark = 'bigint ';
  while (text.includes(mark)) mark = `${mark}${mark}`;
  const marked = text.replace(TOKENS, (token) => (isBig(token) ? `"${mark}${token}"` : token));
  const isMarked = (value) => typeof value === 'string' && value.startsWith(mark);
  return JSON.parse(marked, (_, value) => (isMarked(value) ? BigInt(value.slice(mark.length)) : value));
}

/** What the function is given as its second argument. */
export function checked(declared, parameters) {
  let given;
  try {
    given = parse(parameters);
  } catch (error) {
    throw new InvalidParameters(`the parameters aren't JSON: ${error.message}`);
  }
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new InvalidParameters("the parameters aren't a JSON object");
  }
  try {
    return declared.check(given);
  } catch (error) {
    throw error instanceof TransformError ? error : new InvalidParameters(error.message);
  }
}

/** What a transform takes and returns. */
export function describe(name, parameters) {
  const declared = DECLARED.get(name);
  if (declared === undefined) throw unknownTransform(name);
  checked(declared, parameters);
  const fields = (given) => given.map(({ name: column, codec }) => ({ name: column, dataType: codec.type, documentation: '' }));
  const { documentation, deterministic } = declared;
  return { documentation, inputs: fields(declared.inputs), outputs: fields(declared.outputs), deterministic };
}
