// `console`, with lines as Node prints them.
import { ask } from './bridge.mjs';
import { inspect } from './inspect.mjs';

const PLACE = /%[sdifjoOc%]/g;
let indent = '';

function asNumber(value, convert) {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol' || typeof value === 'object') return 'NaN';
  return inspect(convert(value));
}

const FORMS = {
  '%s': (value) => (typeof value === 'string' ? value : inspect(value, { depth: 0 })),
  '%d': (value) => asNumber(value, Number),
  '%i': (value) => asNumber(value, Number.parseInt),
  '%f': (value) => asNumber(value, Number.parseFloat),
  '%j': (value) => JSON.stringify(value),
  '%o': (value) => inspect(value, { depth: 4 }),
  '%O': (value) => inspect(value),
  '%c': () => '',
};

/** Values as one line of `console.log`. */
export function format(...values) {
  let rest = values;
  let text = '';
  if (typeof values[0] === 'string' && values.length > 1 && values[0].includes('%')) {
    const given = values.slice(1);
    text = values[0].replace(PLACE, (sign) => {
      if (sign === '%%') return '%';
      return given.length === 0 ? sign : FORMS[sign](given.shift());
    });
    rest = given;
    if (rest.length > 0) text += ' ';
  }
  const shown = rest.map((value) => (typeof value === 'string' ? value : inspect(value)));
  return text + shown.join(' ');
}

function print(stream, values) {
  const text = format(...values);
  const lines = indent === '' ? text : indent + text.replaceAll('\n', `\n${indent}`);
  ask('write', `${stream}${lines}\n`);
}

const log = (...values) => print('1', values);
const error = (...values) => print('2', values);
const counts = new Map();
const timers = new Map();

function elapsed(label) {
  const ms = performance.now() - (timers.get(label) ?? performance.now());
  return `${label}: ${ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${ms.toFixed(3)}ms`}`;
}

function cells(row) {
  return row !== null && typeof row === 'object' ? Object.keys(row) : [];
}

/** Rows and columns drawn with lines; anything else as `log` shows it. */
function table(data, chosen) {
  if (data === null || typeof data !== 'object') return log(data);
  const isMap = data instanceof Map;
  const rows = isMap ? [...data] : data instanceof Set ? [...data].entries() : Object.entries(data);
  const index = isMap || data instanceof Set ? '(iteration index)' : '(index)';
  const entries = [...rows];
  const columns = chosen ?? [...new Set(entries.flatMap(([, row]) => cells(row)))];
  const plain = entries.some(([, row]) => row === null || typeof row !== 'object');
  const heads = [index, ...columns, ...(plain && !chosen ? ['Values'] : [])];
  const body = entries.map(([key, row]) => {
    const has = row !== null && typeof row === 'object';
    const named = columns.map((name) =>
      has && name in row ? inspect(row[name], { depth: 0 }) : '',
    );
    const last = plain && !chosen ? [has ? '' : inspect(row, { depth: 0 })] : [];
    return [String(key), ...named, ...last];
  });
  return log(drawn(heads, body));
}

function drawn(heads, body) {
  const widths = heads.map(
    (head, at) => Math.max(head.length, ...body.map((row) => row[at].length)) + 2,
  );
  const rule = (left, middle, right) =>
    left + widths.map((width) => '─'.repeat(width)).join(middle) + right;
  const line = (row) => `│${row.map((cell, at) => ` ${cell}`.padEnd(widths[at])).join('│')}│`;
  return [
    rule('┌', '┬', '┐'),
    line(heads),
    rule('├', '┼', '┤'),
    ...body.map(line),
    rule('└', '┴', '┘'),
  ].join('\n');
}

/** The `console` of programs. */
export const console = {
  ...{ log, info: log, debug: log, error, warn: error, table },
  trace: (...values) => error(new Error(format(...values)).stack.replace(/^Error:?/, 'Trace:')),
  dir: (value, options) => log(inspect(value, options)),
  dirxml: log,
  assert(condition, ...values) {
    if (!condition)
      error(values.length === 0 ? 'Assertion failed' : `Assertion failed: ${format(...values)}`);
  },
  group(...values) {
    if (values.length > 0) log(...values);
    indent += '  ';
  },
  groupCollapsed: (...values) => console.group(...values),
  groupEnd() {
    indent = indent.slice(2);
  },
  count(label = 'default') {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    log(`${label}: ${counts.get(label)}`);
  },
  countReset: (label = 'default') => void counts.delete(label),
  time: (label = 'default') => void timers.set(label, performance.now()),
  timeLog: (label = 'default', ...values) => log(elapsed(label), ...values),
  timeEnd(label = 'default') {
    log(elapsed(label));
    timers.delete(label);
  },
};
