import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadWorkflow } from '../src/data/load-workflow.ts';
import { nodeEffects } from '../src/effects/index.ts';
import { scriptedModel } from '../src/providers/scripted.ts';
import { openSandbox } from '../src/sandboxes/choose.ts';
import { builtinTools } from '../src/tools/index.ts';
import type { Check } from './architecture/checks.ts';
import * as checks from './architecture/checks.ts';
import { parseSource, sourcesOf } from './architecture/source.ts';
import {
  complete,
  delegate,
  logOf,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from './make.ts';

const ROOT = resolve(import.meta.dirname, '..');
const sources = sourcesOf(ROOT);
const others = ['test', 'bench', 'scripts', 'examples'].flatMap((folder) =>
  sourcesOf(ROOT, folder),
);
const everything = [...sources, ...others];

describe('the invariants of ARCHITECTURE.md', () => {
  it.each<[string, Check]>([
    ['1. events/ never awaits and never imports Node', checks.eventsArePure],
    ['2. only runtime/recorder.ts appends to a log', checks.onlyTheRecorderAppends],
    ['3. an engine is a pure function', checks.enginesArePure],
    ['4. the runtime never imports a plug, and siblings never import each other', checks.layers],
    ['10. only cli/main.ts ends the process', checks.onlyMainExits],
    [
      '11. clock, files, network and processes are reached through Effects alone',
      checks.rawEffects,
    ],
    ['12. a package is used in one place', checks.packages],
    ['13. every exported name has a comment', checks.documented],
  ])('%s', (_, check) => {
    expect(check(sources)).toEqual([]);
  });

  it('14. nothing is exported that nobody uses', () => {
    expect(checks.unusedExports(everything)).toEqual([]);
  });

  it.each([
    ['text that is no YAML', 'awp: [1'],
    ['another kind of file', '\u0000\u0001\u0002'],
    ['nothing', ''],
    ['a list', '- a'],
    ['names with a meaning in JavaScript', '__proto__: {}\nconstructor: 1'],
    ['brackets without end', '['.repeat(2000)],
    ['aliases of aliases', aliases(40)],
    ['a limit that is no number', manifest('budget: { max_loops: many }')],
    ['a limit of zero', manifest('budget: { max_total_tokens: 0 }')],
    ['a manager outside of the folder', manifest('manager: ../../etc')],
  ])('5. bad content is never an unexpected error: %s', async (_, text) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'workflow.awp.yaml'), text);
    const { files } = nodeEffects();
    await expect(loadWorkflow(folder.path, files)).rejects.toMatchObject({
      code: 'spec/invalid',
    });
  });

  it('6. a budget is checked before every effect, whatever the manager wants', async () => {
    using folder = temporaryFolder();
    let turn = 0;
    const model = scriptedModel(({ headers }) =>
      headers['x-awp-role'] === 'manager'
        ? delegate(`a_${turn}`, `b_${turn}`, `c_${turn++}`)
        : { summary: 'more is needed' },
    );
    const plan = testPlan({ budget: { calls: 5 }, tools: ['arithmetic.*'] });
    const host = testHost(folder.path, { script: model });
    const run = await startTestRun(host, plan);
    await run.done;
    expect(model.calls).toBeLessThanOrEqual(5);
    expect(run.state.status).toBe('partial');
    expect(run.state.ledger.used.calls).toBe(model.calls);
  });

  it("7. no secret's value is in an event or in what a model is asked", async () => {
    using folder = temporaryFolder();
    const secret = 'sk-very-secret-value-1';
    const asked: string[] = [];
    const host = testHost(folder.path, {
      secrets: [secret],
      script: ({ headers, messages }) => {
        asked.push(JSON.stringify(messages));
        if (headers['x-awp-role'] !== 'manager') return { summary: `found ${secret}` };
        return asked.length === 1 ? delegate('look') : complete(`the key is ${secret}`);
      },
    });
    const run = await startTestRun(host, testPlan({ task: `use ${secret}` }));
    await run.done;
    const log = JSON.stringify(await logOf(host.store));
    expect(log).toContain('[secret]');
    for (const text of [log, ...asked]) expect(text).not.toContain(secret);
  });

  it('8. a sandbox that cannot keep its promise refuses, and nothing is asked of a model', async () => {
    using folder = temporaryFolder();
    const model = scriptedModel([complete()]);
    const effects = { ...nodeEffects(), secrets: { get: () => 'none' } };
    const host = { ...testHost(folder.path, { script: model, tools: builtinTools }), effects };
    const plan = testPlan();
    const started = startTestRun({ ...host, openSandbox: openSandbox(effects) }, plan);
    await expect(started).rejects.toMatchObject({ code: 'sandbox/unavailable' });
    expect(model.calls).toBe(0);
  });
});

describe('the checks themselves', () => {
  it.for<[string, Check, string, string]>([
    [
      'a plug in the runtime',
      checks.layers,
      'runtime/x.ts',
      "import { a } from '../tools/index.ts';",
    ],
    ['a sibling', checks.layers, 'tools/x.ts', "import type { A } from '../stores/a.ts';"],
    ['an upper layer', checks.layers, 'base/x.ts', "export { a } from '../events/event.ts';"],
    ['an upper layer, loaded late', checks.layers, 'ports/x.ts', "await import('../cli/cli.ts');"],
    ['the public entry', checks.layers, 'cli/x.ts', "import { a } from '../index.ts';"],
    ['code outside of src', checks.layers, 'data/x.ts', "import { a } from '../../test/make.ts';"],
    ['a folder without a level', checks.layers, 'utils/x.ts', ''],
    ['a package in a strange place', checks.packages, 'events/x.ts', "import { z } from 'zod';"],
    [
      'a package that is not listed',
      checks.packages,
      'runtime/x.ts',
      "import x from 'lodash/get';",
    ],
    [
      'Node in events',
      checks.eventsArePure,
      'events/x.ts',
      "import { createHash } from 'node:crypto';",
    ],
    ['a promise in events', checks.eventsArePure, 'events/x.ts', 'export async function f() {}'],
    ['an await in events', checks.eventsArePure, 'events/x.ts', 'const a = await b;'],
    [
      'an engine that waits',
      checks.enginesArePure,
      'runtime/engines/x.ts',
      'const f = async () => 1;',
    ],
    [
      'an engine that does',
      checks.enginesArePure,
      'runtime/engines/x.ts',
      "import { a } from '../../ports/tool.ts';",
    ],
    [
      'a second writer',
      checks.onlyTheRecorderAppends,
      'cli/x.ts',
      'await home.store.append(lease, [], m);',
    ],
    [
      'a hidden second writer',
      checks.onlyTheRecorderAppends,
      'cli/x.ts',
      'const { append } = store;',
    ],
    ['an exit', checks.onlyMainExits, 'cli/commands/x.ts', 'process.exit(1);'],
    ['an exit status', checks.onlyMainExits, 'data/x.ts', 'process.exitCode = 1;'],
    ['the time', checks.rawEffects, 'runtime/x.ts', 'const now = Date.now();'],
    ['the time as a date', checks.rawEffects, 'runtime/x.ts', 'const now = new Date();'],
    ['a timer', checks.rawEffects, 'runtime/x.ts', 'setTimeout(() => {}, 10);'],
    ['a hidden timer', checks.rawEffects, 'runtime/x.ts', 'globalThis.setInterval(f, 10);'],
    ['chance', checks.rawEffects, 'base/x.ts', 'const id = Math.random();'],
    [
      'chance from crypto',
      checks.rawEffects,
      'base/x.ts',
      "import { randomUUID } from 'node:crypto';",
    ],
    ['the network', checks.rawEffects, 'providers/x.ts', 'await fetch(url);'],
    ['a file', checks.rawEffects, 'tools/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['a file, loaded late', checks.rawEffects, 'tools/x.ts', "await import('node:fs');"],
    [
      'a process',
      checks.rawEffects,
      'sandboxes/x.ts',
      "import { spawn } from 'node:child_process';",
    ],
    [
      'a thread',
      checks.rawEffects,
      'runtime/x.ts',
      "import { Worker } from 'node:worker_threads';",
    ],
    ['the environment', checks.rawEffects, 'data/x.ts', 'const key = process.env.LLM_API_KEY;'],
    ['a print', checks.rawEffects, 'runtime/x.ts', "console.log('here');"],
    ['a type without a user', checks.unusedExports, 'base/x.ts', 'export type Lonely = 1;'],
    ['an export without a user', checks.unusedExports, 'base/x.ts', 'export const lonely = 1;'],
    ['an export without a comment', checks.documented, 'base/x.ts', 'export function f(): void {}'],
    ['a comment that is none', checks.documented, 'base/x.ts', '/* no */\nexport type A = 1;'],
    [
      'a comment of something else',
      checks.documented,
      'base/x.ts',
      '/** a */\nconst a = 1;\nexport class B {}',
    ],
    ['a list without comments', checks.documented, 'base/x.ts', 'const a = 1;\nexport { a };'],
  ])('find %s', ([, check, path, text]) => {
    expect(check([parseSource(path, text)])).toHaveLength(1);
  });

  it('follow what events/ imports', () => {
    const files = [
      parseSource('events/x.ts', "import { a } from '../base/a.ts';"),
      parseSource('base/a.ts', "import { createHash } from 'node:crypto';\nexport const a = 1;"),
    ];
    expect(checks.eventsArePure(files)).toEqual(['base/a.ts:1 brings node:crypto into events/']);
  });

  it.for<[string, Check, string, string]>([
    [
      'types of a port in an engine',
      checks.enginesArePure,
      'runtime/engines/x.ts',
      "import type { Tool } from '../../ports/tool.ts';",
    ],
    [
      'a type that its own file speaks of',
      checks.unusedExports,
      'index.ts',
      'export type A = 1;\nexport const f = (a: A): A => a;',
    ],
    ['a program in a string', checks.rawEffects, 'sandboxes/x.ts', "const code = 'Date.now()';"],
    ['a method of the same name', checks.rawEffects, 'providers/x.ts', 'await network.fetch(url);'],
    ['a date of a number', checks.rawEffects, 'cli/x.ts', 'new Date(ms).toISOString();'],
    [
      'a list below its comment',
      checks.documented,
      'base/x.ts',
      '/** a */\nconst a = 1;\nexport { a };',
    ],
    [
      'types of Node in events',
      checks.eventsArePure,
      'events/x.ts',
      "import type { X } from 'node:crypto';",
    ],
  ])('leave %s alone', ([, check, path, text]) => {
    expect(check([parseSource(path, text)])).toEqual([]);
  });
});

/** A manifest with one line of its delegation loop. */
function manifest(line: string): string {
  return `awp: "1.0.0"
workflow: { name: x }
orchestration:
  engine: delegation_loop
  delegation_loop:
    ${line}
`;
}

/** A text that grows beyond any memory when its aliases are followed. */
function aliases(levels: number): string {
  const lines = ['a0: &a0 [x, x]'];
  for (let level = 1; level < levels; level++) {
    lines.push(`a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`);
  }
  return lines.join('\n');
}
