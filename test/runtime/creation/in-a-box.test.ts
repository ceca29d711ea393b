import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { toolsmith } from '../../../src/tools/created/index.ts';
import { only, temporaryFolder } from '../../make.ts';
import { openBox } from '../../sandboxes/boxes.ts';
import { runPlan } from '../graphs.ts';
import { draftOf, type Making, makingHost, makingPlan, returnsOf } from './makers.ts';

const PYTHON = 'def handler(*, a, b=1):\n    return {"ok": True, "status": 200, "data": a + b}';
const SCRIPT = 'export function handler({ a, b = 1 }) {\n  return { ok: true, data: a + b };\n}';
const TYPED = `${SCRIPT.replace('{ a, b = 1 }', '{ a, b = 1 }: { a: number; b?: number }')}`;
const parameters = {
  type: 'object',
  properties: { a: { type: 'number' }, b: { type: 'number' } },
  required: ['a'],
};

async function logOf(making: Making) {
  using folder = temporaryFolder();
  // A run closes its box when it ends.
  const sandbox = await openBox('bwrap').catch(() => openBox('jail'));
  const host = { ...makingHost(folder.path, { ...making, host: { sandbox } }), toolsmith };
  mkdirSync(join(host.store.folder('r-test'), 'inputs'), { recursive: true });
  const { log, state } = await runPlan(host, makingPlan(making));
  expect(state.status).toBe('complete');
  return log;
}

describe('a tool that is made and called in a real box', { timeout: 60_000 }, () => {
  it.each([
    ['python', PYTHON],
    ['javascript', SCRIPT],
    ['typescript', TYPED],
  ])('in %s: checked, tried, called by its maker and by a later agent', async (language, code) => {
    const log = await logOf({
      rounds: {
        one: [
          [['tools.create', draftOf('stats.add', { language, code, parameters })]],
          [['stats.add', { a: 1 }]],
        ],
        two: [[['stats.add', { a: 2, b: 5 }]], [['stats.add', { a: 'x' }]]],
      },
    });
    expect(only(log, 'tool.checked').map(({ data }) => [data.stage, data.problem])).toEqual(
      ['policy', ...toolsmith.checks.map(({ stage }) => stage), 'registration'].map((stage) => [
        ...[stage, undefined],
      ]),
    );
    expect(returnsOf(log, 'stats.add').map(({ status, data }) => [status, data])).toEqual([
      [200, 2],
      [200, 7],
      [400, {}],
    ]);
  });

  it('by a program, which can call it at once, and take it away again', async () => {
    const draft = JSON.stringify(draftOf('stats.add', { code: SCRIPT, parameters }));
    const program = `
const made = await tools.call('tools.create', ${draft});
const sum = await tools.call('stats.add', { a: 40, b: 2 });
const gone = await tools.call('tools.remove', { name: 'stats.add' });
const after = await tools.call('stats.add', { a: 1 }).catch((error) => error.status);
console.log(JSON.stringify({ made, sum, gone, after }));`;
    const log = await logOf({
      rounds: { one: [[['code.execute', { language: 'javascript', code: program }]]] },
    });
    const [returned] = returnsOf(log, 'code.execute');
    const said = JSON.parse(String(returned?.data.stdout || '{}')) as JsonObject;
    expect({ said, stderr: returned?.data.stderr }).toMatchObject({
      said: {
        made: { name: 'stats.add', registered: true },
        sum: 42,
        gone: { name: 'stats.add', unregistered: true },
        after: 404,
      },
    });
    const inner = only(log, 'tool.returned').flatMap(({ data }) => data.parentCall ?? []);
    expect(inner).toEqual(Array.from({ length: 4 }, () => '1/1.t1'));
    expect(only(log, 'tool.created')[0]).toMatchObject({ agent: '1', data: { call: '1/1.t1.i1' } });
  });
});
