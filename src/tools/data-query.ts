import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { type Answer, askFiles, type EngineParts, type Query } from './query/engine.ts';
import { readSql, type SqlText } from './query/sql-text.ts';
import { type TableFile, tablesNamed, tablesOf, tablesThere } from './query/tables.ts';
import { Turns } from './query/turns.ts';
import { failure, numberOf, success, textOf } from './results.ts';

const MIB = 1024 * 1024;
/** Bytes of the files that one query may speak of. */
const MOST_BYTES = 64 * MIB;
/** Databases that one query may speak of: the engine has ten places. */
const MOST_DATABASES = 8;
/** Files that are looked into when all are listed. */
const MOST_LISTED = 200;
const SQL_CHARS = 20_000;
const USUAL_ROWS = 1000;
const MOST_ROWS = 10_000;
const MOST_PARAMS = 1000;
const VALUE = { type: ['string', 'number', 'boolean', 'null'] };

/** Each query may use much memory for a moment: so many at once, over all runs of this process. */
const turns = new Turns(4);

/** `data.query`: SQL that reads the tables of a run, whatever language its programs have. */
export const dataQuery: Tool = {
  name: 'data.query',
  description:
    'Ask the tables of the run with one SQLite SELECT. Each CSV, TSV, JSON or NDJSON file of inputs/, shared/ and output/ is a table with the name of the file: inputs/Sales 2024.csv is sales_2024; a table of an SQLite file shop.db is shop.orders. Columns have the names of the file, in double quotes if they are no plain word. Without sql it lists tables, columns and types.',
  parameters: {
    type: 'object',
    properties: {
      sql: { type: 'string', maxLength: SQL_CHARS },
      params: {
        anyOf: [
          { type: 'array', maxItems: MOST_PARAMS, items: VALUE },
          { type: 'object', maxProperties: MOST_PARAMS, additionalProperties: VALUE },
        ],
        description: 'values for ? (an array) or for :name (an object)',
      },
      max_rows: { type: 'integer', minimum: 1, maximum: MOST_ROWS, default: USUAL_ROWS },
    },
    additionalProperties: false,
  },
  idempotent: true,
  timeoutMs: 60_000,
  run: answerQuery,
};

async function answerQuery(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const sql = textOf(args, 'sql') ?? '';
  const params = (Object.hasOwn(args, 'params') ? args.params : undefined) ?? [];
  const text = readSql(sql);
  const tables = tablesOf(await context.workspace.list(''));
  if (text.empty) return await listTables(tables, context);
  const problem = textProblem(text) ?? paramsProblem(text, params);
  if (problem !== undefined) return failure(400, problem);
  const wanted = tablesNamed(tables, text.names);
  const tooLarge = sizeProblem(wanted);
  if (tooLarge !== undefined) return failure(400, `tool/too-large: ${tooLarge}`);
  const query = { sql, params, maxRows: numberOf(args, 'max_rows') ?? USUAL_ROWS };
  const answer = await ask(query, wanted, context);
  if (!answer.ok) return refused(answer, tables, context);
  if ('tables' in answer) return failure(500, 'the query gave no rows');
  const { columns, rows, truncated } = answer;
  return success({ columns, rows, row_count: rows.length, truncated });
}

function textProblem({ several }: SqlText): string | undefined {
  return several ? 'one statement at a time: nothing may stand behind its ;' : undefined;
}

/** A value that is missing would silently be NULL. */
function paramsProblem({ positional, named }: SqlText, params: Json): string | undefined {
  if (positional > 0 && named.size > 0) return 'use either ? or :name for values, not both';
  if (Array.isArray(params)) {
    const [name] = named;
    if (name !== undefined) return `params must be an object with a value for "${name}"`;
    if (params.length === positional) return undefined;
    return `the SQL has ${positional} places for values, params has ${params.length}`;
  }
  if (positional > 0) return `params must be an array with ${positional} values for the ?`;
  const given = isObject(params) ? Object.keys(params) : [];
  const missing = [...named].find((name) => !given.includes(name));
  if (missing !== undefined) return `params has no value for "${missing}"`;
  const unused = given.find((name) => !named.has(name));
  return unused === undefined ? undefined : `the SQL has no :${unused.slice(0, 100)}`;
}

function sizeProblem(wanted: readonly TableFile[]): string | undefined {
  const bytes = wanted.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > MOST_BYTES) {
    const named = wanted.map(({ path, bytes: size }) => `${path} (${mib(size)})`).join(', ');
    return `the tables of this query have ${mib(bytes)}, at most ${mib(MOST_BYTES)} can be asked: ${named}; read them with a program`;
  }
  const databases = wanted.filter(({ kind }) => kind === 'database').length;
  if (databases > MOST_DATABASES) return `at most ${MOST_DATABASES} databases can be asked at once`;
  return undefined;
}

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

async function ask(
  query: Query,
  files: readonly TableFile[],
  { effects, signal, workspace }: ToolContext,
): Promise<Answer> {
  const read: EngineParts['read'] = async ({ path, bytes }) =>
    (await workspace.read(path, bytes)).bytes;
  return await turns.take(signal, () => askFiles(query, files, { effects, signal, read }));
}

async function listTables(tables: readonly TableFile[], context: ToolContext): Promise<ToolResult> {
  const looked = smallEnough(tables);
  const answer = await ask({ params: [], maxRows: 0 }, looked, context);
  if (!answer.ok) return refused(answer, tables, context);
  if (!('tables' in answer)) return failure(500, 'the tables could not be listed');
  const left = tables.filter((table) => !looked.includes(table));
  const unknown = left.map(({ table, path }): Json => {
    return { table, file: path, problem: 'too large or too many to be looked into here' };
  });
  const found = [...answer.tables, ...answer.problems].map((table): Json => ({ ...table }));
  const none = { columns: [], rows: [], row_count: 0, truncated: false };
  return success({ tables: [...found, ...unknown], ...none });
}

/** As many of the tables, in their order, as may be asked at once. */
function smallEnough(tables: readonly TableFile[]): TableFile[] {
  const chosen: TableFile[] = [];
  for (const table of tables.slice(0, MOST_LISTED)) {
    if (sizeProblem([...chosen, table]) === undefined) chosen.push(table);
  }
  return chosen;
}

/** Statuses of what the engine says; whatever else it says is our own fault. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['sql', 400],
  ['file', 400],
  ['denied', 403],
  ['large', 400],
  ['memory', 400],
  ['node', 503],
]);

function refused(
  { kind, message }: Extract<Answer, { ok: false }>,
  tables: readonly TableFile[],
  context: ToolContext,
): ToolResult {
  const status = STATUSES.get(kind) ?? 500;
  if (kind === 'denied') {
    context.denied(message, 'input.refused');
    return failure(status, `${message}: data.query only reads, with one SELECT`);
  }
  if (kind === 'large' || kind === 'memory') return failure(status, `tool/too-large: ${message}`);
  const noTable = message.startsWith('no such table');
  return noTable ? failure(404, `${message}; ${tablesThere(tables)}`) : failure(status, message);
}
