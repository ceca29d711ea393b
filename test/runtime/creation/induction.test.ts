import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { CodeLanguage } from '../../../src/events/creation.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { RunState } from '../../../src/events/state.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { toolsmith } from '../../../src/tools/created/index.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  only,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';
import { openBox } from '../../sandboxes/boxes.ts';
import { runPlan } from '../graphs.ts';
import { CREATION, cutStore, makingBox, makingHost, makingPlan } from './repair-runs.ts';

type Program = (limit: number, word: string) => string;

const PYTHON: Program = (limit, word) => `import math
limit = ${limit}
text = """${word}
  in the middle"""
def shown(value, *, above=limit):
    if value > above:
        return f"${word} {value:.1f}"
    return text
for number in range(${limit} + 2):
    print(shown(math.sqrt(number) * 10), "${word}" 'end')
if __name__ == "__main__":
    print("over", True)
`;
const SCRIPT: Program = (limit, word) => `import { format } from 'node:util';
const limit = ${limit};
const shown = (value) => (value > limit ? \`${word} \${value.toFixed(1)}\` : "${word}");
async function main() {
  for (let number = 0; number < ${limit} + 2; number++) {
    await null;
    console.log(shown(Math.sqrt(number) * 10), { number });
  }
}
main();
`;
const PLAIN_SCRIPT: Program = (limit, word) => SCRIPT(limit, word).replace(/^import.*\n/, '');
const TYPED: Program = (limit, word) =>
  PLAIN_SCRIPT(limit, word).replace('(value) =>', '(value: number): string =>');

const VALUES: readonly (readonly [number, string])[] = [
  [5, 'many'],
  [7, 'few "quoted"'.replaceAll('"', "'")],
  [9, 'none'],
];

const turns = ({ messages }: ModelRequest): number =>
  messages
    .map(({ text }) => text)
    .join('\n')
    .split('## Results of turn').length - 1;

interface Scenario {
  language: CodeLanguage;
  programs: readonly string[];
  /** What is called of the tool that was proposed. */
  args?: JsonObject;
  induction?: boolean;
}

const makes = { codemode: { enabled: true, tool_creation: true } };

/** Workers run a program each, one makes the tool that follows, the next one calls it. */
function model(
  { language, programs, args = {} }: Scenario,
  proposed: () => string | undefined,
): (request: ModelRequest) => ScriptedAnswer {
  const names = programs.map((_, index) => `w${index}`);
  const call = (name: string, own: JsonObject): ScriptedAnswer => ({
    toolCalls: [{ name, args: own }],
  });
  return (request) => {
    const { headers, messages } = request;
    if (headers['x-awp-role'] === 'manager') {
      const maker = { worker_id: 'maker', instructions: 'make it', ...makes };
      return [delegate(...names), delegate(maker), delegate('user'), complete()][turns(request)]!;
    }
    if (messages.some(({ role }) => role === 'tool')) return { summary: 'fine', confidence: 1 };
    const name = askedBy(request);
    if (name === 'maker') return call('tools.create', { proposal: proposed() ?? '' });
    if (name === 'user') return call(proposed() ?? 'code.execute', args);
    return call('code.execute', { language, code: programs[names.indexOf(name)] ?? '' });
  };
}

async function ran(scenario: Scenario, sandbox: Sandbox) {
  using folder = temporaryFolder();
  let state: RunState | undefined;
  const proposed = (): string | undefined => [...(state?.creation?.proposals.keys() ?? [])][0];
  const script = model(scenario, proposed);
  const host = { ...testHost(folder.path, { script, tools: builtinTools, sandbox }), toolsmith };
  const { induction = true } = scenario;
  const dynamicTools = { namespaces: ['stats'], induction };
  const { limits, ...rest } = testPlan({ tools: ['code.execute'], dynamicTools });
  // One after the other, so that the first is the first.
  const plan = { ...rest, limits: { ...limits, parallel: 1 } };
  mkdirSync(`${host.store.folder('r-test')}/inputs`, { recursive: true });
  const run = await startRun(host, { id: 'r-test', plan, inputs: [] });
  state = run.state;
  await run.done;
  return { log: await logOf(host.store), state };
}

function returnsOf(log: readonly RunEvent[], name: string): JsonObject[] {
  const returns = only(log, 'tool.returned').filter(({ data }) => data.tool === name);
  return returns.map(({ data: { ok, status, data, error } }) => ({
    ...{ ok, status, data, ...(error !== undefined && { error }) },
  }));
}

describe('a program that three workers ran', { timeout: 120_000 }, () => {
  it.each([
    ['python', PYTHON],
    ['javascript', PLAIN_SCRIPT],
    ['typescript', TYPED],
  ] as const)('is proposed as a tool, made and called: %s', async (language, program) => {
    const box = await openBox('bwrap').catch(() => openBox('jail'));
    const programs = VALUES.map(([limit, word]) => program(limit, word));
    const args = { limit: 9 };
    const { log, state } = await ran({ language, programs, args }, box);
    expect(state.status).toBe('complete');
    const [
      {
        data: { proposal },
      } = { data: { proposal: undefined } },
      ...more
    ] = only(log, 'tool.proposed');
    expect(more).toEqual([]);
    expect(proposal).toMatchObject({ language, workers: ['w0', 'w1', 'w2'], secrets: [] });
    expect(proposal?.name).toMatch(/^stats\.induced_[0-9a-f]{6}$/);
    expect(proposal?.parameters.properties).toMatchObject({
      limit: { type: 'integer', default: 5 },
    });
    expect(only(log, 'tool.refused').map(({ data }) => data.problem)).toEqual([]);
    expect(only(log, 'tool.created').map(({ data }) => data.tool.name)).toEqual([proposal?.name]);
    // Called with another limit, it prints so many lines.
    const [called] = returnsOf(log, proposal?.name ?? '');
    expect(called).toMatchObject({ ok: true, status: 200 });
    const stdout = String((called?.data as JsonObject | undefined)?.stdout);
    expect(stdout.split('\n').slice(0, -1)).toHaveLength(language === 'python' ? 13 : 11);
    expect(stdout).toContain(language === 'python' ? 'manyend' : '{"number":2}');
  });

  it.each([
    ['two workers', { programs: [PYTHON(1, 'a'), PYTHON(2, 'b')] }],
    [
      'programs of different shapes',
      { programs: [PYTHON(1, 'a'), PYTHON(2, 'b'), SCRIPT(1, 'c')] },
    ],
    ['an author who does not want it', { induction: false }],
  ])('is not proposed with %s', async (_, more) => {
    const programs = VALUES.map(([limit, word]) => PYTHON(limit, word));
    const ran3 = await ran({ language: 'python', programs, ...more }, everyProgram());
    expect(only(ran3.log, 'tool.proposed')).toEqual([]);
    const isOff = 'induction' in more;
    expect(only(ran3.log, 'program.shaped').length > 0).toBe(!isOff);
  });
});

/** A box of a test that runs any program well. */
function everyProgram(): Sandbox {
  const box = makingBox();
  const run: Sandbox['run'] = async (job, signal) => {
    const programs = { [job.code]: async () => 'ran' };
    return await makingBox(programs).run(job, signal);
  };
  return { ...box, run };
}

/** A graph whose agents run a program each. */
function graphOf(
  programs: Readonly<Record<string, string>>,
  change: Partial<typeof CREATION> = {},
) {
  const script = (request: ModelRequest): ScriptedAnswer => {
    if (request.messages.some(({ role }) => role === 'tool')) return { done: 1 };
    const args = { language: 'python', code: programs[askedBy(request)] ?? '' };
    return { toolCalls: [{ name: 'code.execute', args }] };
  };
  const agents = Object.fromEntries(Object.keys(programs).map((name) => [name, {}]));
  const plan = makingPlan(agents, { creation: { ...CREATION, induction: true, ...change } });
  return { script, plan };
}

describe('programs of a graph', () => {
  const programs = { a: PYTHON(1, 'x'), b: PYTHON(2, 'y'), c: PYTHON(3, 'z') };

  it('are proposed by the graph, once, where there is no manager', async () => {
    using folder = temporaryFolder();
    const { script, plan } = graphOf(programs);
    const host = makingHost(folder.path, { script, sandbox: everyProgram() });
    const { log, state } = await runPlan(host, plan);
    expect(only(log, 'tool.proposed').map(({ agent }) => agent)).toEqual(['0']);
    expect(only(log, 'program.shaped').map(({ data }) => data.template !== undefined)).toContain(
      true,
    );
    expect(state.creation?.news).toMatchObject([{ kind: 'proposal' }]);
    expect(only(log, 'tool.created')).toEqual([]);
  });

  it('are proposed once, wherever the log was cut', async () => {
    using folder = temporaryFolder();
    const { script, plan } = graphOf(programs);
    const store = memoryStore({ folder: folder.path });
    const cuts: number[] = [];
    const append = store.append.bind(store);
    store.append = async (lease, events, durability) => {
      await append(lease, events, durability);
      cuts.push(events.at(-1)?.seq ?? 0);
    };
    const sandbox = everyProgram();
    const whole = await runPlan(makingHost(folder.path, { script, sandbox, store }), plan);
    const proposed = only(whole.log, 'tool.proposed').map(({ data }) => data.proposal.name);
    for (const cut of cuts.slice(0, -1)) {
      const again = await cutStore(folder.path, whole.log.slice(0, cut));
      const host = makingHost(folder.path, { script, sandbox, store: again });
      const run = await resumeRun(host, { id: 'r-test' });
      await run.done;
      const names = only(await logOf(again), 'tool.proposed').map(({ data }) => data.proposal.name);
      expect([cut, ...names]).toEqual([cut, ...proposed]);
    }
  });

  it('count once for an agent that runs them again and again', async () => {
    using folder = temporaryFolder();
    const { plan } = graphOf({ a: programs.a, b: programs.b });
    const script = (request: ModelRequest): ScriptedAnswer => {
      const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
      if (rounds > 3) return { done: 1 };
      const args = { language: 'python', code: PYTHON(rounds, askedBy(request)) };
      return { toolCalls: [{ name: 'code.execute', args }] };
    };
    const host = makingHost(folder.path, { script, sandbox: everyProgram() });
    const { log } = await runPlan(host, plan);
    expect(only(log, 'tool.proposed')).toEqual([]);
    expect(only(log, 'program.shaped')).toHaveLength(2);
  });

  it('are kept in a hundred shapes at most', async () => {
    using folder = temporaryFolder();
    const { plan } = graphOf({ a: '' });
    const many = Array.from({ length: 130 }, (_, number) => `${PYTHON(1, 'x')}name_${number}()\n`);
    const script = (request: ModelRequest): ScriptedAnswer => {
      if (request.messages.some(({ role }) => role === 'tool')) return { done: 1 };
      const calls = many.map((code) => ({
        name: 'code.execute',
        args: { language: 'python', code },
      }));
      return { toolCalls: calls };
    };
    const host = makingHost(folder.path, { script, sandbox: everyProgram() });
    const { state } = await runPlan(host, { ...plan, limits: { ...plan.limits, tools: null } });
    expect(state.creation?.shapes.size).toBe(100);
    expect(state.status).toBe('complete');
  });
});
