/**
 * A JavaScript or TypeScript module that runs a handler: its code, with its own lines, and behind it
 * what calls it. It reads `{"args": {...}}` on its standard input and says what came of it by one call
 * of `name`, as the program in Python does. What fails while the code is loaded, it cannot say.
 */
export function scriptProgram(code: string, name: string): string {
  const lines = code.split(/\r\n|[\n\r\u2028\u2029]/).length;
  const handler = "typeof handler === 'undefined' ? undefined : handler";
  return `${code}\n;${PROGRAM}(${handler}, ${JSON.stringify(name)}, ${lines});\n`;
}

const PROGRAM = String.raw`await (async (handler, name, lines) => {
  const { Array, ArrayBuffer, Date, Error, JSON, Map, Number, Object, Promise, RegExp, Set, String } = globalThis;
  const { process, tools, _workspace_dir: folder } = globalThis;
  const MOST_CHARS = 900000;
  const MOST_VALUES = 200000;
  const MOST_LEVELS = 48;
  const left = { values: MOST_VALUES, chars: MOST_CHARS };
  const unfit = (message, hint) => ({ unfit: true, said: { kind: 'unfit', message: message.slice(0, 500), hint } });
  const take = (text) => {
    left.chars -= text.length;
    if (left.chars < 0) throw { unfit: true, said: { kind: 'large' } };
    return text;
  };
  const KINDS = [
    [Date, 'Date', 'use .toISOString()'],
    [Map, 'Map', 'use Object.fromEntries(...)'],
    [Set, 'Set', 'use [...set]'],
    [RegExp, 'RegExp', 'use String(...)'],
    [Promise, 'Promise', 'await it'],
    [Error, 'Error', 'use its message'],
    [ArrayBuffer, 'ArrayBuffer', 'write it to a file below output/'],
  ];
  const BY_TYPE = {
    bigint: ['is a BigInt, which JSON does not know', 'use Number(...) or String(...)'],
    function: ['is a function, which JSON does not know', 'call it, or leave it out'],
    symbol: ['is a symbol, which JSON does not know', 'use a text'],
  };
  const plain = (value, path, level) => {
    left.values -= 1;
    if (left.values < 0) throw unfit('it has more than ' + MOST_VALUES + ' values', 'give back less, or write a file below output/');
    if (value === null || value === undefined) return null;
    if (typeof value === 'boolean') return value;
    if (typeof value === 'string') return take(value);
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return value;
      throw unfit(path + ' is ' + value + ', which JSON does not know', 'use null or a text instead');
    }
    if (BY_TYPE[typeof value]) throw unfit(path + ' ' + BY_TYPE[typeof value][0], BY_TYPE[typeof value][1]);
    if (level > MOST_LEVELS) throw unfit(path + ' is nested deeper than ' + MOST_LEVELS + ' levels, or contains itself', 'make it flatter');
    if (Array.isArray(value)) {
      const out = [];
      for (let at = 0; at < value.length; at++) out.push(plain(value[at], path + '[' + at + ']', level + 1));
      return out;
    }
    if (ArrayBuffer.isView(value)) throw unfit(path + ' is bytes, which JSON does not know', 'use Array.from(...), or write a file below output/');
    for (const [kind, called, hint] of KINDS) {
      if (value instanceof kind) throw unfit(path + ' is a ' + called + ', which JSON does not know', hint);
    }
    const out = Object.create(null);
    for (const key of Object.keys(value)) {
      if (value[key] !== undefined) out[take(key)] = plain(value[key], path + '.' + key.slice(0, 80), level + 1);
    }
    return out;
  };
  const shown = (text) => String(text).toWellFormed().replaceAll(folder + '/', '');
  const FRAME = /(?:program\.m[jt]s|blob:[^\s)]*?|file:[^\s)]*?):(\d+)(?::(\d+))?\)?$/;
  const framesOf = (stack) =>
    String(stack).split('\n').flatMap((line) => {
      const found = /^\s*at /.test(line) ? FRAME.exec(line.trimEnd()) : null;
      if (!found || Number(found[1]) > lines) return [];
      const called = /^\s*at (?:async )?([\w$.<>]+) \(/.exec(line);
      return [{ line: Number(found[1]), text: 'line ' + found[1] + ', in ' + (called ? called[1].slice(0, 80) : 'the module') }];
    });
  const told = (error) => {
    if (error?.unfit === true && error.said) return error.said;
    const isError = error instanceof Error;
    const cause = isError && error.cause ? ' (' + String(error.cause.message ?? error.cause) + ')' : '';
    const frames = isError ? framesOf(error.stack).slice(0, 8) : [];
    return {
      kind: 'raised',
      message: shown((isError ? error : 'it threw ' + String(error)) + cause).slice(0, 1500),
      trace: frames.map(({ text }) => text).join('\n'),
      ...(frames[0] && { line: frames[0].line }),
    };
  };
  const report = (said) => {
    try {
      tools.callSync(name, said);
    } catch {
      tools.callSync(name, { failed: { kind: 'large' } });
    }
    // What it has left running does not count any more, and is not waited for.
    process.exit(0);
  };
  let said;
  try {
    const { readFileSync } = await import('node:fs');
    const { args } = JSON.parse(readFileSync(0, 'utf8'));
    for (const hidden of ['tools', 'ToolError', 'sdk', '__awp']) delete globalThis[hidden];
    if (typeof handler !== 'function') said = { failed: { kind: 'missing' } };
    else said = { result: plain(await handler(args), 'result', 0) };
  } catch (error) {
    try {
      said = { failed: told(error) };
    } catch {
      said = { failed: { kind: 'raised', message: 'it threw what cannot be shown' } };
    }
  }
  report(said);
})`;
