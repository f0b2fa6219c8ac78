// A plugin: functions of feature values.

import { transform } from './salver-transform/index.js';

/** Adds a number of the request to a driver's conversion rate. */
export function PLUGIN_NAME({ conv_rate, val_to_add }) {
  if (conv_rate === null) return null;
  return { conv_rate_plus_val: conv_rate + Number(val_to_add) };
}

transform(
  {
    name: 'PLUGIN_NAME',
    documentation: "Adds a number of the request to a driver's conversion rate.",
    inputs: { conv_rate: 'Float64?', val_to_add: 'Int64' },
    outputs: { conv_rate_plus_val: 'Float64?' },
  },
  PLUGIN_NAME,
);
