// The gateway's log: `log.info('nothing to add', { driver: 1001 })`. Outside of a component: the console.

let write = (level, message, fields) => {
  const rest = fields.map(([name, value]) => ` ${name}=${value}`).join('');
  globalThis.console.error(`${level} ${message}${rest}`);
};

function line(level) {
  return (message, fields = {}) =>
    write(level, String(message), Object.entries(fields).map(([name, value]) => [name, String(value)]));
}

export const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };

/** Inside of a component: what `console` gets goes to the log too. */
export function connect(host) {
  write = host;
  const joined = (level) => (...values) => host(level, values.map(String).join(' '), []);
  globalThis.console = {
    debug: joined('debug'),
    log: joined('info'),
    info: joined('info'),
    warn: joined('warn'),
    error: joined('error'),
    trace: joined('debug'),
  };
}
