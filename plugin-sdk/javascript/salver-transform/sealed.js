// What a component doesn't have: a clock, randomness, timers, a network. The engine has something in their places that stands
// still or ends the instance, so they throw. While the component is built, modules may use them.

const NO_CLOCK = 'a plugin has no clock; take the time as an input column';
const NO_RANDOMNESS = 'a plugin has no source of randomness; take a number as an input column';
const NO_TIMERS = 'a plugin has no timers: what its function returns is its result';
const NO_NETWORK = 'a plugin has no network';

let sealed = false;

/** Before the plugin is imported: who keeps `Date.now` in a name of its own has this one. */
export function guard(scope = globalThis) {
  guardDate(scope);
  guardIn(scope.performance, ['now'], NO_CLOCK);
  guardIn(scope.Math, ['random'], NO_RANDOMNESS);
  guardIn(scope.crypto, ['getRandomValues', 'randomUUID'], NO_RANDOMNESS);
  guardIn(scope, ['setTimeout', 'setInterval', 'setImmediate'], NO_TIMERS);
  guardIn(scope, ['fetch'], NO_NETWORK);
}

/** Once all modules are imported. */
export function seal() {
  sealed = true;
}

function refuse(text) {
  if (sealed) throw new Error(text);
}

function guardIn(object, names, text) {
  for (const name of names) {
    const real = object?.[name];
    if (typeof real !== 'function') continue;
    const value = (...given) => {
      refuse(text);
      return real.apply(object, given);
    };
    Object.defineProperty(object, name, { value, writable: true, configurable: true });
  }
}

/** `new Date(0)` needs no clock. */
function guardDate(scope) {
  const Real = scope.Date;
  guardIn(Real, ['now'], NO_CLOCK);
  const Guarded = new Proxy(Real, {
    apply(real) {
      refuse(NO_CLOCK);
      return real();
    },
    construct(real, given, target) {
      if (given.length === 0) refuse(NO_CLOCK);
      return Reflect.construct(real, given, target === Guarded ? real : target);
    },
  });
  Real.prototype.constructor = Guarded;
  scope.Date = Guarded;
}
