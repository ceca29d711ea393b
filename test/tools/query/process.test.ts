import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../src/tools/query/main.mjs', import.meta.url));
const MIB = 1024 * 1024;

const QUERY = { params: [], maxRows: 10, maxBytes: 1000, limits: {} };
const ENDLESS =
  'with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t';
/** Keeps a megabyte of each of its rows until the last. */
const LARGE = `with recursive t(n) as (select 1 union all select n + 1 from t)
  select count(distinct printf('%0*d', 1000000, n)) from t`;

/** The process of a query as the host starts it, with other limits. */
function start(plan: object) {
  const child = spawn(process.execPath, ['--no-warnings', MAIN], { env: {} });
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += bytes;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, said }));
  child.stdin.on('error', () => {});
  child.stdin.write(
    `${JSON.stringify({ heapMb: 256, rssBytes: 1024 * MIB, files: [], ...plan })}\n`,
  );
  return { child, ended };
}

describe('the process of a query', () => {
  it('takes files in any pieces', async () => {
    const file = { table: 'a', kind: 'text', path: 'inputs/a.csv', bytes: 8 };
    const query = { ...QUERY, sql: 'select sum(x) as s from a' };
    const { child, ended } = start({ query, files: [file, { ...file, table: 'b', bytes: 3 }] });
    for (const part of ['x', '\n1\n', '2\n30x\n', '5']) child.stdin.write(part);
    const { said } = await ended;
    expect(JSON.parse(said)).toMatchObject({ ok: true, rows: [{ s: 33 }] });
  });

  it('ends when whoever started it is gone', async () => {
    const { child, ended } = start({ query: { ...QUERY, sql: ENDLESS } });
    child.stdin.end();
    expect(await ended).toMatchObject({ said: '' });
  });

  it('ends a query that uses up its memory', async () => {
    const { ended } = start({ query: { ...QUERY, sql: LARGE }, rssBytes: 160 * MIB });
    expect(JSON.parse((await ended).said)).toMatchObject({ ok: false, kind: 'memory' });
  });

  it('says so when a file needs more memory than it has', async () => {
    const text = `[${Array.from({ length: 200_000 }, (_, index) => `{"a":${index}}`).join(',')}]`;
    const file = { table: 'a', kind: 'json', path: 'inputs/a.json', bytes: text.length };
    const query = { ...QUERY, sql: 'select 1 from a' };
    const { child, ended } = start({ query, files: [file], heapMb: 8 });
    child.stdin.write(text);
    expect(JSON.parse((await ended).said)).toMatchObject({ ok: false, kind: 'memory' });
  });
});
