// The on-demand feature view of Feast's documentation: a driver's conversion rate, and two numbers of the request added
// to it.

import { transform } from 'salver-transform';

transform(
  {
    name: 'driver_conv_rate',
    documentation: "Adds each of two numbers of the request to a driver's conversion rate.",
    inputs: { conv_rate: 'Float64?', val_to_add: 'Int64', val_to_add_2: 'Int64' },
    outputs: { conv_rate_plus_val1: 'Float64?', conv_rate_plus_val2: 'Float64?' },
  },
  ({ conv_rate, val_to_add, val_to_add_2 }) => {
    if (conv_rate === null) return null;
    return {
      conv_rate_plus_val1: conv_rate + Number(val_to_add),
      conv_rate_plus_val2: conv_rate + Number(val_to_add_2),
    };
  },
);
