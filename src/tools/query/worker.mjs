// The thread that holds the database: it takes the files, one after another, and answers once.
import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import { loadFile, quoted } from './load.mjs';
import { runQuery } from './run-query.mjs';

const database = new DatabaseSync(':memory:', { allowExtension: false, defensive: true });
const tables = [];
const problems = [];

parentPort.on('message', (message) => {
  if (message.file) take(message.file, message.bytes);
  else parentPort.postMessage(answer(message.query));
});

// Nothing is to be written to a disk, also not while rows are sorted.
database.exec('PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF');

function take(file, bytes) {
  try {
    if (file.kind === 'database') database.exec(`ATTACH ':memory:' AS ${quoted(file.table)}`);
    for (const table of loadFile(database, file, bytes)) tables.push({ ...table, file: file.path });
  } catch (error) {
    problems.push({ table: file.table, file: file.path, problem: error.message });
  }
}

function answer(query) {
  if (database.setAuthorizer === undefined) {
    return { ok: false, kind: 'node', message: 'data.query needs Node 24.10 or later' };
  }
  if (query.sql === undefined) return { ok: true, tables, problems };
  const [broken] = problems;
  if (broken) {
    const message = `${broken.file} cannot be read as a table: ${broken.problem}`;
    return { ok: false, kind: 'file', message };
  }
  return runQuery(database, query, tables);
}
