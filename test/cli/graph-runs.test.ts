import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { runCli } from '../../src/cli/cli.ts';
import { nodeEngine } from '../../src/cli/node-engine.ts';
import { openHome } from '../../src/data/home.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { fakeShell } from './fake-shell.ts';
import { type Answers, type ScriptedAwp, scriptedAwp } from './scripted-awp.ts';

const CHAIN = '- { id: draft, agent: draft }\n- { id: writer, agent: writer, depends_on: [draft] }';

const agent = (id: string, more: string): string =>
  `awp_agent: "1.0.0"
identity: { id: ${id}, role: ${id}, description: Does it. }
prompt: { system: Do it. }
output: { contract: { text: { type: string }, confidence: { type: number } } }
${more}`;

interface Folder {
  /** Nodes as YAML. */
  graph: string;
  /** Further lines of the manifest, and of each agent. */
  manifest?: string;
  agents?: Readonly<Record<string, string>>;
  /** Further fields of the state. */
  state?: string;
  description?: string;
}

/** A workflow folder below the working directory of a test; gives its name. */
function workflow(
  { folder }: Pick<ScriptedAwp, 'folder'>,
  { graph, manifest = '', agents = {}, state = '', description = 'Write it.' }: Folder,
): string {
  const write = (path: string, text: string): void => {
    const whole = join(folder, 'flow', path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
  };
  const about = description === '' ? '' : `, description: ${description}`;
  write(
    'workflow.awp.yaml',
    `awp: "1.0.0"
workflow: { name: flow, version: 1.0.0${about} }
orchestration:
  graph:
${graph.replace(/^/gm, '    ')}
state: { sharing: { strategy: full }${state} }
${manifest}`,
  );
  for (const [, id = ''] of graph.matchAll(/agent: (\w+)/g)) {
    write(`agents/${id}/agent.awp.yaml`, agent(id, agents[id] ?? ''));
  }
  return 'flow';
}

const sure = (text: string): JsonObject => ({ text, confidence: 1 });
const ANSWERS: Answers = { draft: sure('a draft'), writer: sure('the end') };

/** A folder, a run in it with further words, and what `runs show` says of it. */
async function run(answers: Answers, folder: Folder, ...more: readonly string[]) {
  const awp = scriptedAwp(answers);
  workflow(awp, folder);
  const ran = await awp.run(['run', 'flow', '-m', 'scripted', '--run-id', 'r-flow', ...more]);
  const shown = await awp.run(['runs', 'show', 'r-flow']);
  return { awp, ran, shown: shown.out };
}

describe('awp run of a graph', () => {
  it('needs no task when the workflow has a description, and prints what the last node said', async () => {
    const { awp, ran, shown } = await run(ANSWERS, { graph: CHAIN });
    using _ = awp;
    expect(ran).toMatchObject({ code: 0, out: 'the end\n' });
    expect(ran.err).toMatch(/\] node 2 writer ok .*\n.*run r-flow complete\n✓ flow /);
    expect(ran.err).toMatch(/├ ✓ 1 draft .*\n└ ✓ 2 writer /);
    expect(shown).toMatch(/├ ✓ 1 draft .*\n└ ✓ 2 writer /);
    expect(shown).toMatch(/^state {3}draft \d+ B, writer \d+ B$/m);
  });

  it('says that a task is missing when nothing tells what to do', async () => {
    using awp = scriptedAwp(ANSWERS);
    workflow(awp, { graph: CHAIN, description: '' });
    const { code, err } = await awp.run(['run', 'flow', '-m', 'scripted']);
    expect(code).toBe(2);
    expect(err).toContain('awp run flow -t');
  });

  it('hands every flag on: budget, output folder, JSON lines', async () => {
    const file = { name: 'file.write', args: { path: 'output/a.txt', content: 'hello' } };
    const { awp, ran } = await run(
      { ...ANSWERS, draft: (_, call) => (call === 0 ? { toolCalls: [file] } : sure('a draft')) },
      {
        graph: CHAIN,
        agents: { draft: 'capabilities: { tools: { enabled: true, allowed: [file.write] } }' },
      },
      ...['--json', '--out', 'files', '--budget.parallel', '1', '--budget.tokens', '90k'],
    );
    using _ = awp;
    expect(ran, ran.err).toMatchObject({ code: 0 });
    const events = ran.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0].data.plan.limits).toMatchObject({ parallel: 1, tokens: 90_000 });
    expect(events.at(-1)).toMatchObject({
      type: 'run.result',
      data: {
        status: 'complete',
        result: { draft: { text: 'a draft' }, writer: { text: 'the end' } },
        nodes: { draft: { status: 'finished', runs: 1 }, writer: { status: 'finished', runs: 1 } },
      },
    });
    expect(existsSync(join(awp.folder, 'files/a.txt'))).toBe(true);
  });

  it.each([
    ['stop', 4, /error\[model\/bad-answer\]: draft failed.*\n.*\nstopped writer\n/s],
    ['continue', 3, /partial: draft failed.*\nskipped writer: draft failed\n/s],
    ['skip', 0, /draft gives up .*; the others go on without it/],
  ])('a node that fails with %s ends it with %i', async (action, code, said) => {
    const { awp, ran } = await run(
      { ...ANSWERS, draft: 'no JSON' },
      { graph: CHAIN.replace('agent: draft', `agent: draft, on_failure: ${action}`) },
    );
    using _ = awp;
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(said);
    expect(ran.out).toBe(code === 0 ? 'the end\n' : '');
  });

  it('a limit ends it with 3, and --resume --raise completes it', async () => {
    const { awp, ran } = await run(ANSWERS, { graph: CHAIN }, '--budget.workers', '1');
    using _ = awp;
    expect(ran.code).toBe(3);
    expect(ran.err).toMatch(/awp run --resume r-flow .*--raise workers=2\n/);
    const ended = await awp.run(['run', '--resume', 'r-flow', '--raise', 'workers=2']);
    expect(ended).toMatchObject({ code: 0, out: 'the end\n' });
    expect(ended.err).not.toContain('draft started');
  });

  it('Ctrl-C stops it with 7 and keeps what there is; it goes on where it was', async () => {
    const asked = Promise.withResolvers<void>();
    let calls = 0;
    using awp = scriptedAwp({
      ...ANSWERS,
      writer: () => {
        calls += 1;
        asked.resolve();
        return calls === 1 ? new Promise<never>(() => {}) : sure('the end');
      },
    });
    workflow(awp, { graph: CHAIN });
    const { shell, ended } = awp.start(['run', 'flow', '-m', 'scripted', '--run-id', 'r-flow']);
    await asked.promise;
    shell.signal('SIGINT');
    const ran = await ended;
    expect(ran.code).toBe(7);
    expect(ran.err).toMatch(/■ 2 writer +not finished/);
    const { out } = await awp.run(['runs', 'show', 'r-flow', '--node', 'draft']);
    expect(JSON.parse(out)).toMatchObject({ text: 'a draft' });
    expect(await awp.run(['run', '--resume', 'r-flow'])).toMatchObject({
      code: 0,
      out: 'the end\n',
    });
  });

  it('a second Ctrl-C ends the program at once', async () => {
    const asked = Promise.withResolvers<void>();
    using awp = scriptedAwp({
      ...ANSWERS,
      writer: () => {
        asked.resolve();
        return new Promise<never>(() => {});
      },
    });
    workflow(awp, { graph: CHAIN });
    const { shell, ended } = awp.start(['run', 'flow', '-m', 'scripted']);
    await asked.promise;
    shell.signal('SIGINT');
    shell.signal('SIGINT');
    expect(shell.exited()).toBe(130);
    await ended;
  });

  it('a node that waits for a person ends it with 5, and the answer lets it go on', async () => {
    const graph = CHAIN.replace('agent: draft', 'agent: draft, approval: after');
    const { awp, ran, shown } = await run(ANSWERS, { graph });
    using _ = awp;
    expect(ran.code).toBe(5);
    expect(shown).toMatch(/! 1 draft +waits for you: a1 node\.output/);
    await awp.run(['runs', 'approve', 'r-flow', 'a1']);
    expect(await awp.run(['run', '--resume', 'r-flow'])).toMatchObject({
      code: 0,
      out: 'the end\n',
    });
  });

  it('shows the tree in a terminal, and not once more below it', async () => {
    using awp = scriptedAwp(ANSWERS);
    workflow(awp, { graph: CHAIN });
    const { code, err } = await awp.run(['run', 'flow', '-m', 'scripted'], { terminal: true });
    expect(code).toBe(0);
    expect(
      err
        .split('Ctrl-C')
        .at(-1)
        ?.match(/2 writer/g),
    ).toHaveLength(1);
  });

  it('a graph without nodes is refused with a hint', async () => {
    const { awp, ran } = await run({}, { graph: '[]' });
    using _ = awp;
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('error[spec/invalid]: there is nothing to run in the workflow');
    expect(ran.err).toContain('try: add a node');
  });

  it('functions of a program are missing when it is resumed without them: they are named', async () => {
    using awp = scriptedAwp(ANSWERS, {
      draft: () => ({ text: 'by a function' }),
    });
    workflow(awp, { graph: CHAIN });
    await awp.run(['run', 'flow', '-m', 'scripted', '--run-id', 'r-flow', '--budget.workers', '1']);
    const shell = fakeShell({
      cwd: awp.folder,
      engine: nodeEngine(),
      openHome,
      effects: nodeEffects(),
    });
    const home = ['--home', join(awp.folder, '.awp')];
    expect(await runCli(['run', '--resume', 'r-flow', ...home], shell)).toBe(2);
    expect(shell.err.text()).toMatch(/usage\/missing-option.*draft/s);
  });

  it('a model without a key is 4, before anything has started', async () => {
    using awp = scriptedAwp({});
    workflow(awp, { graph: CHAIN });
    const shell = fakeShell({
      cwd: awp.folder,
      engine: nodeEngine(),
      openHome,
      effects: nodeEffects(),
    });
    const home = ['--home', join(awp.folder, '.awp')];
    const argv = ['run', 'flow', '-m', 'openrouter/some/model', ...home];
    expect(await runCli(argv, shell)).toBe(4);
    expect(shell.err.text()).toContain('OPENROUTER_API_KEY');
  });
});

describe('awp runs show --node', () => {
  const sub = { ...ANSWERS, other: { text: 'x\u009b2J', confidence: 1 } };

  it('prints what a node brought, safe for a terminal, as it is with --json', async () => {
    const { awp } = await run(sub, { graph: '- { id: other, agent: other }' });
    using _ = awp;
    const shown = await awp.run(['runs', 'show', 'r-flow', '--node', 'other']);
    expect(shown.out).not.toContain('\u009b');
    const { out } = await awp.run(['runs', 'show', 'r-flow', '--node', 'other', '--json']);
    expect(JSON.parse(out)).toEqual({ text: 'x\u009b2J', confidence: 1 });
  });

  it('prints what had no room in the state, and each item of a fan-out for itself', async () => {
    const { awp } = await run(
      { ...ANSWERS, draft: sure('x'.repeat(3000)) },
      {
        graph: CHAIN,
        state: ', limits: { max_field_size_mb: 0.001 }',
      },
    );
    using _ = awp;
    const shown = await awp.run(['runs', 'show', 'r-flow', '--node', 'draft', '--json']);
    expect(JSON.parse(shown.out)).toEqual(sure('x'.repeat(3000)));
    expect(shown.err).toContain('draft failed: state/too-large');
  });

  it('prints an instance of a fan-out', async () => {
    const { awp } = await run(
      { each: sure('an item') },
      {
        graph: '- { id: each, agent: draft, fan_out: { source: list, variable: item } }',
        state: ', initial: { list: [1, 2] }',
      },
    );
    using _ = awp;
    const shown = await awp.run(['runs', 'show', 'r-flow', '--node', 'each[1]', '--json']);
    expect(JSON.parse(shown.out)).toEqual(sure('an item'));
    const none = await awp.run(['runs', 'show', 'r-flow', '--node', 'each[2]']);
    expect(none.code).toBe(2);
    expect(none.err).toContain('its items: each[0] to [1]');
  });

  it.each([
    ['of a node that failed', 'draft', /^draft failed: model\/bad-answer: /],
    ['of a node that was skipped', 'writer', /^writer was skipped: draft failed$/m],
  ])('says why there is nothing %s', async (_, node, said) => {
    const { awp } = await run(
      { ...ANSWERS, draft: 'no JSON' },
      { graph: CHAIN.replace('agent: draft', 'agent: draft, on_failure: continue') },
    );
    using __ = awp;
    const shown = await awp.run(['runs', 'show', 'r-flow', '--node', node]);
    expect(shown.code).toBe(0);
    expect(shown.err).toMatch(said);
  });

  it.each([
    [['--node', 'wirter'], 'did you mean writer?'],
    [['--node', 'nothing-like-it'], 'its nodes: draft, writer'],
    [['--node', 'draft', '--calls'], 'show different things'],
  ])('refuses %j', async (argv, said) => {
    const { awp } = await run(ANSWERS, { graph: CHAIN });
    using _ = awp;
    const { code, err } = await awp.run(['runs', 'show', 'r-flow', ...argv]);
    expect(code).toBe(2);
    expect(err).toContain(said);
  });
});
