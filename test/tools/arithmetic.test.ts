import { afterAll, describe, expect, it } from 'vitest';
import { schemaProblems } from '../../src/runtime/schema.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { makeBench } from './bench.ts';

const bench = makeBench();
afterAll(() => bench.clear());

describe('arithmetic', () => {
  it.each([
    ['add', { a: 2, b: 3 }, 5],
    ['subtract', { a: 2, b: 3 }, -1],
    ['multiply', { a: 2.5, b: 4 }, 10],
    ['divide', { a: 7, b: 2 }, 3.5],
  ])('%s of %j is %d', async (action, operands, result) => {
    expect(await bench.call(`arithmetic.${action}`, operands)).toEqual({
      ok: true,
      status: 200,
      data: { result },
    });
  });

  it.each([
    ['divide', 1, 0],
    ['divide', 0, -0],
    ['multiply', 1e300, 1e300],
  ])('refuses %s(%d, %d)', async (action, a, b) => {
    expect(await bench.call(`arithmetic.${action}`, { a, b })).toMatchObject({
      ok: false,
      status: 400,
    });
  });
});

describe('the built-in tools', () => {
  it('have the names of the standard, each once', () => {
    expect(builtinTools.map(({ name }) => name)).toEqual([
      'code.execute',
      'code.solve',
      'shell.execute',
      'terminal.execute',
      'pip.install',
      'file.read',
      'file.write',
      'file.list',
      'file.delete',
      'arithmetic.add',
      'arithmetic.subtract',
      'arithmetic.multiply',
      'arithmetic.divide',
      'data.query',
      'chart.render',
      'http.request',
      'web.search',
      'repo.fact',
      'board.post',
      'board.read',
      'digest.fetch',
      'tools.create',
      'tools.list',
      'tools.remove',
    ]);
  });

  // A draft may say more than is acted on; `tools.create` reads it itself.
  const strict = builtinTools.filter(({ checksArguments }) => !checksArguments);
  it.each(strict)('$name refuses arguments that it does not know', async ({ parameters }) => {
    const problems = await schemaProblems(parameters, { surprise: 1 });
    expect(problems.join(' ')).toContain('surprise');
  });
});
