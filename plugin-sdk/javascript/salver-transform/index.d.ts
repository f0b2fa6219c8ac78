/** What a transform is declared with. */
export interface Options<Parameters = Record<string, never>> {
  /** The transform's name; the function's where it isn't given. */
  name?: string;
  /** For people: what it computes. */
  documentation?: string;
  /** Columns and their types by Feast's names: `Float64`, `Array(String)`; with `?` behind it, null is taken. */
  inputs: Record<string, string>;
  /** Columns and their types. */
  outputs: Record<string, string>;
  /** The function takes an array for each column, and returns arrays as long. */
  columns?: boolean;
  /** Checks the view's parameters, and makes the function's second argument of them. Without it there are none. */
  parameters?: (given: Record<string, unknown>) => Parameters;
  /** Whether equal inputs have equal outputs, always. `true` where it isn't given. */
  deterministic?: boolean;
}

/** Declares a function as a transform, and returns it. */
export function transform<Inputs, Outputs, Parameters = Record<string, never>>(
  options: Options<Parameters>,
  run: (inputs: Inputs, parameters: Parameters) => Outputs | null | undefined,
): (inputs: Inputs, parameters: Parameters) => Outputs | null | undefined;

/** Where an error is: `row` counts from 0. */
export interface Where {
  row?: number;
  column?: string;
}

/** The transform failed. */
export class TransformError extends Error {
  constructor(message: string, where?: Where);
  row?: number;
  column?: string;
}

/** A value can't be computed from. */
export class InvalidInput extends TransformError {}

/** The view's parameters can't be used. */
export class InvalidParameters extends TransformError {
  constructor(message: string);
}

type Line = (message: string, fields?: Record<string, unknown>) => void;

/** The gateway's log. */
export const log: { debug: Line; info: Line; warn: Line; error: Line };
