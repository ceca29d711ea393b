// What is said of a program that ends by an error: as Node does it, with the program's own lines.
import vm from 'node:vm';

const NAMELESS = /^TypeError: not a (?:function|constructor)/;

/** The place, the line with a mark below it, and the error. */
export function reportOf({ text, stack }, program) {
  const lines = program.source.split('\n');
  const corrected = (words) => correctColumns(withNames(words), { lines, program });
  const place = new RegExp(`${escaped(program.name)}:(\\d+):(\\d+)`).exec(corrected(stack));
  const source = place && lines[Number(place[1]) - 1];
  if (source === undefined || source === null) return corrected(text);
  const column = Number(place[2]);
  const mark = `${' '.repeat(Math.max(0, column - 1))}^`;
  const words = named(corrected(text), source, column);
  return `${program.name}:${place[1]}\n${source}\n${mark}\n\n${words}`;
}

/** What the reader of types says, under the name of the program. */
export function typesReport({ stack, message }, name) {
  const [text = ''] = String(stack).split(/\n\s+at /);
  return text.startsWith(':') ? `${name}${text}` : `SyntaxError: ${message}`;
}

/**
 * What Node's own reader finds wrong with a module; it only reads. When nobody catches the error, Node
 * shows it with its line. Undefined when there is nothing wrong.
 */
export function syntaxError(name, source) {
  try {
    new vm.SourceTextModule(source, { identifier: name });
    return undefined;
  } catch (error) {
    // One without any frame would be shown in brackets; the host takes this frame away.
    error.stack = `${error}\n    at node:internal/modules:1`;
    return error;
  }
}

/** The engine does not say what is no function: it stands in the line. */
function named(text, source, column) {
  if (!NAMELESS.test(text)) return text;
  const rest = source.slice(column - 1).match(/^(?:new\s+)?[\w$.]*/)[0];
  const before = source.slice(0, column - 1).match(/[\w$.]*$/)[0];
  const name = before + rest.replace(/^new\s+/, '');
  return name === '' ? text : text.replace('not a', `${name} is not a`);
}

/** Modules under the names by which programs import them. */
function withNames(words) {
  return words
    .replace(/\n\s+at [^\n]*\(awp:[^\n]*/g, '')
    .replace(/awp:\/whole\/awp:\/guest\/node\/([\w-]+)\.mjs/g, (_, name) => {
      return `node:${name.replace('-hooks', '_hooks').replace('-', '/')}`;
    })
    .replace(/awp:\/absent\//g, 'node:')
    .replace(/kit:([\w-]+)\.mjs/g, '$1');
}

/** The engine points at the name of what is made, Node at the `new` before it. */
function correctColumns(words, { lines, program }) {
  const places = new RegExp(`(${escaped(program.name)}:)(\\d+):(\\d+)`, 'g');
  return words.replace(places, (...[, name, line, column]) => {
    const before = (lines[line - 1] ?? '').slice(0, column - 1);
    const isNew = /\bnew\s+$/.exec(before);
    return `${name}${line}:${isNew ? isNew.index + 1 : column}`;
  });
}

function escaped(name) {
  return name.replace('.', '\\.');
}
