// What is said of a program that ends by an error: its own lines only, under the name of its file.
const OURS = /^\s+at .*(?:ext:|node:|\/deno\/(?:entry|tools|calls|job|report|names)\.mjs)/;
const OUTSIDE = /, run again with the --allow-[\w-]+ flag/g;
const UNKNOWN =
  /^TypeError: Import "([^"]+)" not a dependency(?: and not in import map from "[^"]*")?/;
const UNREADABLE = /^TypeError: (SyntaxError: [^\n]*)\n[\s\S]*?\n(\s+at )/;

let program = { url: 'blob:', name: 'program', source: '' };

/** Reports errors that nobody catches, now and later, as Node does. */
export function installReports(given) {
  program = given;
  addEventListener('error', (event) => {
    if (process.listenerCount('uncaughtException') > 0) return;
    event.preventDefault();
    endWith(event.error ?? event.message);
  });
  addEventListener('unhandledrejection', (event) => {
    const names = ['unhandledRejection', 'uncaughtException'];
    if (names.some((name) => process.listenerCount(name) > 0)) return;
    event.preventDefault();
    endWith(event.reason);
  });
}

/** Reports an error and ends the program. */
export function endWith(error) {
  const bytes = new TextEncoder().encode(`${reportOf(error)}\n`);
  for (let at = 0; at < bytes.length; ) at += Deno.stderr.writeSync(bytes.subarray(at));
  Deno.exit(1);
}

function reportOf(error) {
  if (!(error instanceof Error)) return `Uncaught ${shown(error)}`;
  const place = placeIn(String(error.stack));
  const text = trimmed(shown(error));
  if (!place) return text;
  const [line, column] = place;
  const source = program.source.split('\n')[line - 1] ?? '';
  return `${program.name}:${line}\n${source}\n${' '.repeat(Math.max(0, column - 1))}^\n\n${text}`;
}

function shown(value) {
  try {
    // What Deno adds to a module that it cannot load says nothing to who wrote it.
    if (value?.code === 'ERR_MODULE_NOT_FOUND') return String(value.stack);
    return Deno.inspect(value);
  } catch {
    return String(value?.stack ?? typeof value);
  }
}

/** Line and column of the first place in the program. */
function placeIn(stack) {
  const at = stack.indexOf(`${program.url}:`);
  const found = /^:(\d+):(\d+)/.exec(at < 0 ? '' : stack.slice(at + program.url.length));
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

function trimmed(text) {
  const named = text
    .replace(UNREADABLE, '$1\n$2')
    .replace(UNKNOWN, `Error: Cannot find package '$1' imported from ${program.name}`)
    .replaceAll(program.url, program.name)
    .replace(OUTSIDE, ': this box does not give it');
  return named
    .split('\n')
    .filter((line) => !OURS.test(line))
    .join('\n');
}
