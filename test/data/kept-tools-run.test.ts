import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { loadWorkflow } from '../../src/data/load-workflow.ts';
import { PROMOTED_FOLDER } from '../../src/events/kept-tool.ts';
import type { RunResult } from '../../src/events/result.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { askedBy, complete, delegate, temporaryFolder } from '../make.ts';

/** As the Python implementation writes it. */
const SAMPLE = {
  fqn: 'scoring.quality',
  description: 'Scores a value',
  parameters: { type: 'object', properties: { value: { type: 'number' } }, required: ['value'] },
  code: "def handler(*, value):\n    return {'ok': True, 'status': 200, 'data': {'score': value * 2}}\n",
  meta: {},
  repair_attempts: 0,
  provenance: { creator_agent: 'scorer', created_at: '2026-01-02T03:04:05.123456+00:00' },
};

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const flow = () => join(folder.path, 'flow');

function write(path: string, text: string): void {
  const target = join(flow(), path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

const promote = (name: string, change: JsonObject = {}): void =>
  write(`${PROMOTED_FOLDER}/${name}.json`, JSON.stringify({ ...SAMPLE, ...change }));

function manifest(persist: boolean): void {
  write(
    'workflow.awp.yaml',
    `awp: "1.0.0"
workflow: { name: flow, version: 1.0.0, description: Scores values. }
dynamic_tools: { enabled: true, persist: ${persist}, allowed_namespaces: [scoring] }
orchestration:
  engine: delegation_loop
  delegation_loop:
    budget: { max_loops: 3 }
`,
  );
}

type Call = readonly [name: string, args: JsonObject];

/** A run of the workflow whose one worker makes these calls, one answer after another. */
async function run(...calls: readonly Call[]): Promise<{ result: RunResult; asked: string }> {
  const seen: string[] = [];
  const model = scriptedModel((request) => {
    seen.push(JSON.stringify(request.messages));
    if (askedBy(request) === 'manager') {
      if (JSON.stringify(request.messages).includes('Results of turn')) return complete();
      return delegate({ worker_id: 'a', instructions: 'score', codemode: { tool_creation: true } });
    }
    const round = request.messages.filter(({ role }) => role === 'assistant').length;
    const call = calls[round];
    if (!call) return { summary: 'scored', confidence: 1 };
    return { toolCalls: [{ name: call[0], args: call[1] }] };
  });
  const workflow = await loadWorkflow(flow());
  const home = join(folder.path, '.awp');
  const result = await workflow.run({ model, managerModel: model, workerModel: model, home });
  return { result, asked: seen.join('\n') };
}

const { fqn: name, meta: _, repair_attempts: __, provenance: ___, ...rest } = SAMPLE;
const create: Call = ['tools.create', { name, ...rest, language: 'python' }];
const use: Call = ['scoring.quality', { value: 21 }];
const createdOf = ({ metadata }: RunResult) =>
  metadata.createdTools?.map((one) => `${one.name} ${one.origin} ${one.calls} ${one.reused}`);

describe('tools in a box of this machine', { timeout: 120_000 }, () => {
  it('are made in one run, and only used in the next one', async () => {
    manifest(true);
    const first = await run(create, use);
    expect(first.result.status).toBe('complete');
    expect(createdOf(first.result)).toEqual(['scoring.quality agent 1 0']);
    const second = await run(use);
    expect(createdOf(second.result)).toEqual(['scoring.quality kept 1 1']);
    expect(second.result.metadata.toolCreation).toMatchObject({ attempts: 0, calls: 1, reuses: 1 });
    expect(second.asked).toContain('42');
    const [key = ''] = readdirSync(join(folder.path, '.awp/tools'));
    expect(readdirSync(join(folder.path, '.awp/tools', key))).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}\.json$/),
    ]);
  });

  it('end with their run when the workflow does not keep them', async () => {
    manifest(false);
    await run(create);
    expect(existsSync(join(folder.path, '.awp/tools'))).toBe(false);
    expect(createdOf((await run()).result)).toBeUndefined();
  });

  it('are those that the Python implementation wrote', async () => {
    manifest(false);
    promote('scoring.quality');
    const { result, asked } = await run(use);
    expect(createdOf(result)).toEqual(['scoring.quality project 1 1']);
    expect(asked).toContain('42');
  });

  it('are tried again before a run begins with them', async () => {
    manifest(false);
    promote('a', {
      fqn: 'scoring.a',
      code: 'def handler(*, value):\n    raise ValueError(value)\n',
    });
    promote('b', {
      fqn: 'scoring.b',
      code: 'import os\n\ndef handler(*, value):\n    return {}\n',
    });
    promote('c', { fqn: 'scoring.c', code: 'def handler(*, other):\n    return {"ok": True}\n' });
    promote('d', { fqn: 'scoring.d' });
    const { result } = await run();
    expect(result.status).toBe('complete');
    expect(createdOf(result)).toEqual(['scoring.d project 0 0']);
  });

  it('are not executed when the workflow is read', async () => {
    manifest(false);
    const mark = join(folder.path, 'mark');
    const code = `open(${JSON.stringify(mark)}, 'w').write('x')\n${SAMPLE.code}`;
    promote('scoring.quality', { code });
    const { diagnostics } = await loadWorkflow(flow());
    expect(diagnostics.filter(({ rule }) => rule === 'S22')).toEqual([]);
    await run();
    expect(existsSync(mark)).toBe(false);
    rmSync(join(flow(), PROMOTED_FOLDER), { recursive: true });
  });
});
