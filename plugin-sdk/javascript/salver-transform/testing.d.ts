/** The output columns for these input columns; throws `TransformError` where the transform fails. */
export function call(name: string, inputs: Record<string, unknown[]>, parameters?: Record<string, unknown>): Record<string, unknown[]>;
