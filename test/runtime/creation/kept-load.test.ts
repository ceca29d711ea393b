import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanCreation } from '../../../src/events/creation.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { DraftCheck } from '../../../src/ports/toolsmith.ts';
import { keptFile, keptKey } from '../../../src/runtime/creation/kept-places.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, only, temporaryFolder } from '../../make.ts';
import { hashedText, keptText } from './kept.ts';
import { draftOf, type Making, makingHost, makingPlan } from './makers.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const workflow = () => join(folder.path, 'flow');
const keptFolder = () => join(folder.path, 'tools', keptKey(workflow(), ''));

function promoted(name: string, text = keptText(name)): void {
  put(join(workflow(), 'workspace/dynamic_tools', `${name}.json`), text);
}

function kept(name: string, text = keptText(name)): void {
  put(join(keptFolder(), keptFile(name)), text);
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

interface Ran {
  log: RunEvent[];
  /** What the run begins with, by name and origin. */
  there: string[];
  /** Names, origins and statuses of what was refused. */
  refused: string[];
  notes: string[];
  status: string;
  answers: unknown[];
}

async function run(making: Partial<Making> = {}, id = 'r-test'): Promise<Ran> {
  const given = { rounds: { one: [] }, ...making };
  const host = {
    ...makingHost(join(folder.path, 'runs'), given),
    toolsFolder: join(folder.path, 'tools'),
  };
  const plan = makingPlan({
    ...given,
    plan: { brought: { tools: [], servers: [], workflow: workflow() }, ...given.plan },
  });
  const running = await startRun(host, { id, plan, inputs: [] });
  await running.done;
  return told(await logOf(host.store, id), running.state.status);
}

function told(log: RunEvent[], status: string): Ran {
  const notes = only(log, 'input.resolved').flatMap(({ data }) => data.note ?? []);
  return {
    ...{ log, notes, status },
    there: only(log, 'tool.created').map(({ data: { tool } }) => `${tool.name} ${tool.origin}`),
    refused: only(log, 'tool.refused').map(
      ({ data: { name, origin, problem } }) => `${name} ${origin} ${problem.status}`,
    ),
    answers: only(log, 'tool.returned').map(({ data }) => data.status),
  };
}

const persist: Partial<PlanCreation> = { persist: true };

describe('tools that a run begins with', () => {
  it('are those that a person promoted, whether or not tools are kept', async () => {
    promoted('stats.a');
    kept('stats.b');
    expect(await run()).toMatchObject({ there: ['stats.a project'], refused: [], notes: [] });
    expect(await run({ creation: persist }, 'r-2')).toMatchObject({
      there: ['stats.a project', 'stats.b kept'],
    });
  });

  it('can be called at once, and every call is one by another than its maker', async () => {
    promoted('stats.a');
    const { answers, log, status } = await run({ rounds: { one: [[['stats.a', { a: 1 }]]] } });
    expect({ answers, status }).toEqual({ answers: [200], status: 'complete' });
    const created = only(log, 'tool.created')[0];
    expect(created).toMatchObject({
      data: { tool: { creator: 'earlier', createdAt: '2026-01-02T03:04:05.000Z', repairs: 0 } },
    });
    expect(created?.data.call).toBeUndefined();
    expect(created?.agent).toBeUndefined();
  });

  it('stand in the log between the start of the run and its first agent', async () => {
    promoted('stats.a');
    const types = (await run()).log.map(({ type }) => type);
    expect(types.indexOf('tool.created')).toBeLessThan(types.indexOf('agent.started'));
  });

  it('are none where the author allows none to be made', async () => {
    promoted('stats.a');
    const plan = { creation: undefined } as never;
    expect(await run({ plan })).toMatchObject({ there: [], refused: [] });
  });

  it('of one name are the promoted one', async () => {
    promoted('stats.a');
    kept('stats.a');
    const { there, refused } = await run({ creation: persist });
    expect({ there, refused }).toEqual({
      there: ['stats.a project'],
      refused: ['stats.a kept 409'],
    });
  });

  it('of one name are the kept one when the promoted one is none', async () => {
    promoted('stats.a', '{}');
    kept('stats.a');
    const { there, refused } = await run({ creation: persist });
    expect({ there, refused }).toEqual({
      there: ['stats.a kept'],
      refused: ['stats.a.json project 400'],
    });
  });

  it('are those of the log in a run that is taken up, whatever lies there now', async () => {
    promoted('stats.a');
    const store = memoryStore({ folder: join(folder.path, 'runs') });
    const { log } = await run({ host: { store } });
    const rounds = { one: [[['stats.a', { a: 1 }]]] } as const;
    const again = memoryStore({ folder: join(folder.path, 'again') });
    const lease = await again.create('r-test', 'a process that died');
    await again.append(lease, log.slice(0, 4), 'full');
    await again.release(lease);
    promoted('stats.a', '{}');
    promoted('stats.b');
    const host = makingHost(join(folder.path, 'again'), { rounds, host: { store: again } });
    const resumed = await resumeRun(host, { id: 'r-test' });
    await resumed.done;
    const { there, answers } = told(await logOf(again), resumed.state.status);
    expect({ there, answers }).toEqual({ there: ['stats.a project'], answers: [200] });
  });
});

describe('a file that is no tool of the run', () => {
  it.each<[string, string, string]>([
    ['no JSON', 'no', 'x.json project 400'],
    ['no fields', '{}', 'x.json project 400'],
    ['a name that is a path', keptText('../../etc/x'), '../../etc/x project 400'],
    ['a name without a namespace', keptText('mean'), 'mean project 400'],
    ['a name of 10,000 characters', keptText('a'.repeat(10_000)), 'project 400'],
    ['a reserved namespace', keptText('shell.execute'), 'shell.execute project 403'],
    ['a namespace that is not allowed', keptText('other.a'), 'other.a project 403'],
    [
      'a secret that is not granted',
      keptText('stats.a', { required_secrets: ['KEY'] }),
      'stats.a project 403',
    ],
    [
      'a language that the box does not have',
      keptText('stats.a', { language: 'python' }),
      'stats.a project 400',
    ],
    ['a foreign hash', keptText('stats.a', { code_hash: 'f'.repeat(64) }), 'stats.a project 403'],
    [
      'code that was changed',
      JSON.stringify({ ...JSON.parse(hashedText('stats.a')), code: 'something else' }),
      'stats.a project 403',
    ],
    ['no description', keptText('stats.a', { description: ' ' }), 'stats.a project 400'],
    ['code of 65 KiB', keptText('stats.a', { code: 'x'.repeat(65 * 1024) }), 'stats.a project 400'],
  ])('with %s is refused, and the run goes on without it', async (_, text, refused) => {
    promoted('x', text);
    promoted('z', keptText('stats.z'));
    const ran = await run();
    expect(ran.status).toBe('complete');
    expect(ran.there).toEqual(['stats.z project']);
    expect(ran.refused).toEqual([expect.stringContaining(refused)]);
    const [problem] = only(ran.log, 'tool.refused').map(({ data }) => data.problem);
    expect(problem).toMatchObject({ repairable: false, hint: expect.stringMatching(/./) });
  });

  it('with a changed text is told what its owner can do', async () => {
    promoted('stats.a', keptText('stats.a', { code_hash: 'f'.repeat(64) }));
    const { log } = await run();
    expect(only(log, 'tool.refused')[0]?.data.problem.hint).toMatch(/take code_hash out/);
  });

  it('with the right hash, or none, is one', async () => {
    promoted('stats.a', hashedText('stats.a'));
    promoted('stats.b', keptText('stats.b'));
    expect((await run()).there).toEqual(['stats.a project', 'stats.b project']);
  });

  it('through a link is not read', async () => {
    put(join(folder.path, 'secret.json'), keptText('stats.a'));
    promoted('stats.b');
    symlinkSync(
      join(folder.path, 'secret.json'),
      join(workflow(), 'workspace/dynamic_tools/stats.a.json'),
    );
    const { there, refused } = await run();
    expect({ there, refused }).toEqual({
      there: ['stats.b project'],
      refused: ['stats.a.json project 400'],
    });
  });

  it('in a folder behind a link is not looked for', async () => {
    mkdirSync(join(folder.path, 'elsewhere/dynamic_tools'), { recursive: true });
    put(join(folder.path, 'elsewhere/dynamic_tools/stats.a.json'), keptText('stats.a'));
    mkdirSync(workflow(), { recursive: true });
    symlinkSync(join(folder.path, 'elsewhere'), join(workflow(), 'workspace'));
    const { there, notes } = await run();
    expect(there).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('workspace is a link')]);
  });

  const slow: DraftCheck = {
    stage: 'dry_run',
    check: ({ code }, _, { signal }) => {
      if (!code.includes('never')) return undefined;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
  };

  it('that a stopped run was trying is refused, and the run is stopped', async () => {
    promoted('stats.a', keptText('stats.a', { code: 'never' }));
    const given = { rounds: { one: [] }, checks: [slow] };
    const host = makingHost(join(folder.path, 'runs'), given);
    const plan = makingPlan({
      ...given,
      plan: { brought: { tools: [], servers: [], workflow: workflow() } },
    });
    const stop = new AbortController();
    const starting = startRun(host, { id: 'r-test', plan, inputs: [], stop: stop.signal });
    stop.abort('aborted');
    const running = await starting;
    await running.done;
    expect(running.state.status).toBe('cancelled');
    expect(told(await logOf(host.store), '').refused).toEqual(['stats.a project 422']);
  });

  it('whose trial breaks is refused', async () => {
    const broken: DraftCheck = {
      stage: 'dry_run',
      check: () => {
        throw new Error('a bug');
      },
    };
    promoted('stats.a');
    expect(await run({ checks: [broken] })).toMatchObject({
      status: 'complete',
      refused: ['stats.a project 422'],
    });
  });
});

describe('more files than there is room for', () => {
  it('are refused with 429, and what fails leaves its place to others', async () => {
    const fails: DraftCheck = {
      stage: 'lint',
      check: ({ code }) => {
        if (!code.includes('bad')) return undefined;
        const kind = { stage: 'lint', status: 403, category: 'import', repairable: true } as const;
        return { ...kind, error: 'bad', hint: 'mend it' };
      },
    };
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      promoted(`stats.${name}`, keptText(`stats.${name}`, { code: name < 'c' ? 'bad' : 'good' }));
    }
    const { there, refused } = await run({ checks: [fails], creation: { maxTotal: 2 } });
    expect(there).toEqual(['stats.c project', 'stats.d project']);
    expect(refused).toEqual([
      ...['stats.a project 403', 'stats.b project 403'],
      ...['stats.e project 429', 'stats.f project 429'],
    ]);
  });

  it('count for what agents may make', async () => {
    promoted('stats.a');
    const rounds = { one: [[['tools.create', draftOf('stats.b')]]] } as const;
    expect((await run({ rounds, creation: { maxTotal: 1 } })).answers).toEqual([429]);
  });

  it('do not flood the log', { timeout: 60_000 }, async () => {
    for (let n = 0; n < 10_000; n += 1) promoted(`stats.t${n}`, '{}');
    const { log, notes, status } = await run();
    expect(status).toBe('complete');
    expect(only(log, 'tool.refused')).toHaveLength(200);
    expect(notes).toEqual([
      expect.stringContaining('9000 more files were not looked at'),
      expect.stringContaining('800 more files of tools were refused'),
    ]);
  });
});

describe('tools that a run leaves to later ones', () => {
  const making: Partial<Making> = {
    rounds: { one: [[['tools.create', draftOf('stats.a')]]] },
    creation: persist,
  };

  it('are there in the second run without being made', async () => {
    await run(making);
    const rounds = { two: [[['stats.a', { a: 1 }]]] } as const;
    const second = await run({ rounds, creation: persist }, 'r-2');
    expect(second.there).toEqual(['stats.a kept']);
    expect(second.answers).toEqual([200]);
    expect(only(second.log, 'tool.drafted')).toEqual([]);
  });

  it('are in files whose names say nothing, and that only their owner can list', async () => {
    await run(making);
    expect(readdirSync(keptFolder())).toEqual([keptFile('stats.a')]);
    const text = readFileSync(join(keptFolder(), keptFile('stats.a')), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      fqn: 'stats.a',
      code_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      provenance: { creator_agent: 'one', run: 'r-test' },
    });
  });

  it('are none without persist', async () => {
    await run({ ...making, creation: { persist: false } });
    expect(existsSync(join(folder.path, 'tools'))).toBe(false);
  });

  it('are none of those that were taken away again', async () => {
    await run({
      ...making,
      rounds: {
        one: [[['tools.create', draftOf('stats.a')]], [['tools.remove', { name: 'stats.a' }]]],
      },
    });
    expect(readdirSync(keptFolder())).toEqual([]);
  });

  it('stay when another run has made one of the same name meanwhile', async () => {
    const text = hashedText('stats.a', { provenance: { run: 'r-other' } });
    const rounds = {
      one: [
        [['tools.create', draftOf('stats.a')]],
        [['mean.while', {}]],
        [['tools.remove', { name: 'stats.a' }]],
      ],
    } as const;
    const tool = {
      ...{ name: 'mean.while', description: 'x', parameters: { type: 'object' } },
      ...{ idempotent: true, origin: 'external' as const },
      run: async () => {
        kept('stats.a', text);
        return { ok: true, status: 200, data: {} };
      },
    };
    const agents = { one: { tools: ['tools.*', 'mean.while'] } };
    await run({ ...making, rounds, agents, tools: [tool] });
    expect(readFileSync(join(keptFolder(), keptFile('stats.a')), 'utf8')).toBe(text);
  });

  it('are written when the process died before it came to that', async () => {
    const { log } = await run(making);
    const made = log.findIndex(({ type }) => type === 'tool.created');
    const path = join(keptFolder(), keptFile('stats.a'));
    const text = readFileSync(path, 'utf8');
    unlinkSync(path);
    const store = memoryStore({ folder: join(folder.path, 'again') });
    const lease = await store.create('r-test', 'a process that died');
    const end = log.findIndex(({ type }, at) => at > made && type === 'tool.returned') + 1;
    await store.append(lease, log.slice(0, end), 'full');
    await store.release(lease);
    const host = makingHost(join(folder.path, 'again'), {
      rounds: { one: [] },
      ...making,
      host: { store },
    });
    const toolsFolder = join(folder.path, 'tools');
    const resumed = await resumeRun({ ...host, toolsFolder }, { id: 'r-test' });
    await resumed.done;
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('say at the start when they cannot be kept', async () => {
    writeFileSync(join(folder.path, 'tools'), 'in the way');
    const { notes, status } = await run(making);
    expect(status).toBe('complete');
    expect(notes).toEqual([
      expect.stringContaining('tools of this run are not kept for later ones'),
    ]);
  });

  it('belong to the workflow, and to no other', async () => {
    await run(making);
    const other = { brought: { tools: [], servers: [], workflow: join(folder.path, 'other') } };
    expect((await run({ creation: persist, plan: other }, 'r-2')).there).toEqual([]);
  });
});
