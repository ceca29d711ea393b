import { execFileSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentWorkflow, resumeRun } from '../../src/data/agent-workflow.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/providers/scripted.ts';
import { askedBy, complete, delegate, temporaryFolder } from '../make.ts';

let place: { path: string } & Disposable;
let home: string;
let venv: string;
beforeAll(() => {
  place = temporaryFolder();
  const folder = realpathSync(place.path);
  home = join(folder, '.awp');
  venv = join(folder, 'venv');
  execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', venv]);
});
afterAll(() => place[Symbol.dispose]());

const code = 'import sys; print("prefix", sys.prefix)';

/** A manager with one worker a turn, which runs the program and says what it printed. */
function model() {
  let turns = 0;
  return scriptedModel((request: ModelRequest): ScriptedAnswer => {
    if (askedBy(request) === 'manager') {
      turns += 1;
      return turns < 2 ? delegate(`w${turns}`) : complete(saidIn(request));
    }
    if (saidIn(request) !== '') return saidIn(request);
    return { toolCalls: [{ name: 'code.execute', args: { code, language: 'python' } }] };
  });
}

/** The prefix that a program has printed, anywhere in what a model is told. */
function saidIn(request: ModelRequest): string {
  return /prefix \/[\w/.-]+/.exec(JSON.stringify(request.messages))?.[0] ?? '';
}

const options = (more: Partial<WorkflowOptions> = {}): WorkflowOptions => ({
  ...{ task: 'Say where you are', model: model(), home },
  ...more,
});

describe('the option python', () => {
  it('gives the programs of a run that Python, and of no other run', async () => {
    const named = await new AgentWorkflow(options({ python: join(venv, 'bin/python') })).run();
    expect(named).toMatchObject({ status: 'complete', text: `prefix ${venv}` });
    const other = await new AgentWorkflow(options()).run();
    expect(other.text).toMatch(/^prefix \//);
    expect(other.text).not.toContain(venv);
  });

  it('counts again when the run goes on', async () => {
    const first = new AgentWorkflow(options({ budget: { loops: 0 } })).start();
    expect((await first.result).status).toBe('partial');
    const how = { home, raise: { loops: 3 }, providers: [model()] };
    const refused = resumeRun(first.id, { ...how, python: '/nowhere/python3' });
    await expect(refused.result).rejects.toMatchObject({ code: 'sandbox/no-python' });
    const done = await resumeRun(first.id, { ...how, python: join(venv, 'bin/python') }).result;
    expect(done).toMatchObject({ status: 'complete', text: `prefix ${venv}` });
  });

  it('that is none leaves no run behind', async () => {
    const before = readdirSync(join(home, 'runs'));
    const run = new AgentWorkflow(options({ python: '/nowhere/python3' })).run();
    await expect(run).rejects.toMatchObject({
      code: 'sandbox/no-python',
      hint: expect.stringContaining('AWP_PYTHON'),
    });
    expect(readdirSync(join(home, 'runs'))).toEqual(before);
  });

  it.each<[string, Partial<WorkflowOptions>]>([
    ['the path of a Python', { python: ' ' }],
    ['the path of a Python', { python: '/a\0b' }],
    ['the path of a Python', { python: 3 as unknown as string }],
    ['runs no Python', { python: 'python3', sandbox: 'quickjs' }],
    ['runs no Python', { python: 'python3', sandbox: { only: 'deno' } }],
    ['javascript only', { python: 'python3', sandbox: { languages: ['javascript'] } }],
  ])('is refused with what was meant, %s: %j', (hint, more) => {
    expect(() => new AgentWorkflow(options(more))).toThrow(
      expect.objectContaining({
        code: 'usage/bad-option',
        hint: expect.stringContaining(hint),
      }),
    );
  });
});
