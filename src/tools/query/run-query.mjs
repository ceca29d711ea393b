// Runs one query that may only read, and hands back at most so many rows and bytes.
import { constants } from 'node:sqlite';

const { SQLITE_OK, SQLITE_DENY } = constants;
/** All that reading needs; whatever else a statement asks for is refused. */
const READING = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_RECURSIVE,
]);
/** They load code, read the engine's own structures out of any bytes, or are not the same twice. */
const NO_FUNCTIONS = /^(?:load_extension|randomblob|fts\d|rtree|geopoly_|sqlite_)/i;
const WORDS = new Map(
  Object.entries(constants)
    .filter(([name, code]) => name.startsWith('SQLITE_') && code > 0)
    .filter(([name]) => !name.startsWith('SQLITE_CHANGESET_'))
    .map(([name, code]) => [code, name.slice('SQLITE_'.length).replaceAll('_', ' ')]),
);
/** Characters and columns that an error lists. */
const LISTED_CHARS = 2000;

/** The answer to a query: `{ ok: true, columns, rows, truncated }` or `{ ok: false, kind, message }`. */
export function runQuery(database, query, tables) {
  const refused = guard(database, query);
  try {
    const statement = database.prepare(query.sql);
    // What gives no columns does something else than read, also where nobody asks before it runs.
    if (statement.columns().length === 0) return no('denied', 'only SELECT is allowed');
    return read(statement, query);
  } catch (error) {
    if (refused.what !== undefined) return no('denied', `${refused.what} is not allowed`);
    return no('sql', `${error.message}${columnsThere(error.message, tables)}`);
  }
}

const no = (kind, message) => ({ ok: false, kind, message });

/** Makes the database one that can only be read; tells what was refused. */
function guard(database, { limits }) {
  const refused = { what: undefined };
  database.exec('PRAGMA query_only = ON');
  // A list that is drawn at random is the same each time: the answer follows from the question.
  database.function('random', numbers());
  for (const [name, value] of Object.entries(limits)) {
    if (database.limits) database.limits[name] = value;
  }
  database.setAuthorizer((action, _, name) => {
    if (READING.has(action)) return SQLITE_OK;
    const isFunction = action === constants.SQLITE_FUNCTION;
    if (isFunction && !NO_FUNCTIONS.test(String(name))) return SQLITE_OK;
    refused.what = isFunction ? `${name}()` : (WORDS.get(action) ?? 'that');
    return SQLITE_DENY;
  });
  return refused;
}

/** SplitMix64 from a fixed seed. */
function numbers() {
  let state = 0x9e3779b97f4a7c15n;
  const mask = (1n << 64n) - 1n;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & mask;
    let mixed = state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & mask;
    return BigInt.asIntN(64, mixed ^ (mixed >> 31n));
  };
}

function read(statement, { params, maxRows, maxBytes }) {
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  const names = resultNames(statement.columns().map(({ name }) => name));
  const kinds = names.map(() => new Set());
  const rows = [];
  let bytes = 0;
  let truncated = false;
  for (const values of statement.iterate(...bound(params))) {
    truncated = rows.length >= maxRows;
    if (truncated) break;
    const row = Object.fromEntries(values.map((value, index) => [names[index], shown(value)]));
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    truncated = bytes > maxBytes;
    if (truncated) break;
    rows.push(row);
    for (const [index, value] of values.entries()) kinds[index].add(kindOf(value));
  }
  if (truncated && rows.length === 0 && maxRows > 0) {
    return no('large', `one row has more than ${maxBytes} bytes: select fewer columns, or a part`);
  }
  const columns = names.map((name, index) => ({ name, type: typeOf(kinds[index]) }));
  return { ok: true, columns, rows, truncated };
}

/** A name is a key of each row: none twice, and none that means something to an object. */
function resultNames(names) {
  const taken = new Set(['__proto__']);
  return names.map((wanted) => {
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) name = `${wanted}_${count}`;
    taken.add(name);
    return name;
  });
}

function bound(params) {
  if (Array.isArray(params)) return params.map(toEngine);
  const entries = Object.entries(params ?? {});
  return entries.length === 0
    ? []
    : [Object.fromEntries(entries.map(([name, value]) => [name, toEngine(value)]))];
}

/** A number is a real to the engine, unless it is told otherwise. */
function toEngine(value) {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return Number.isSafeInteger(value) ? BigInt(value) : value;
}

/** As JSON has it: what a JavaScript number would round is text, and so are bytes, in base64. */
function shown(value) {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

function kindOf(value) {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return 'real';
  return typeof value === 'string' ? 'text' : 'blob';
}

function typeOf(kinds) {
  const [first = 'null', ...others] = [...kinds].filter((kind) => kind !== 'null');
  if (others.length === 0) return first;
  return kinds.has('text') || kinds.has('blob') ? 'mixed' : 'real';
}

/** What the tables have, for whoever named a column that there is not. */
function columnsThere(message, tables) {
  if (!/no such column|ambiguous column|has no column/.test(message)) return '';
  const lists = tables.map(({ table, columns }) => {
    const names = columns.map(({ name }) =>
      /^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name),
    );
    return `${table} has ${names.join(', ')}`;
  });
  const text = lists.join('; ');
  return `; ${text.length > LISTED_CHARS ? `${text.slice(0, LISTED_CHARS)}...` : text}`;
}
