import { sha256 } from '../../../src/base/hash.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import { type FixedClock, fixedClock } from '../../../src/effects/fake-clock.ts';
import type { CreationState } from '../../../src/events/creation-state.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { InFlight, RunState } from '../../../src/events/state.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { ModelProvider, ModelRequest } from '../../../src/ports/model-provider.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import { type ScriptedAnswer, scriptedModel } from '../../../src/providers/scripted.ts';
import { answerApproval } from '../../../src/runtime/approvals/answer.ts';
import { loadState } from '../../../src/runtime/load-state.ts';
import { type Run, resumeRun, startRun } from '../../../src/runtime/run.ts';
import { schemaProblems } from '../../../src/runtime/schema.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { toolsmith } from '../../../src/tools/created/index.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { begunAgain, endedOften, madeTwice, unsettled } from '../../log-sums.ts';
import { askedBy, complete, delegate, logOf, testHost, testPlan } from '../../make.ts';
import { overTime } from '../../providers/support/over-server.ts';
import type { Asked, Scenario } from './scenario.ts';

const ID = 'r-test';
/** Processes of one run, at most: each ends waiting, stopped or partial, and none of it twice in a row. */
const MOST_PROCESSES = 20;

/** What came of a scenario. */
export interface Played {
  log: readonly RunEvent[];
  state: RunState;
  /** Numbers of the events at which the log was made safe. */
  cuts: readonly number[];
  /** How it ended, without what may differ: times, usage, ids of calls. */
  end: JsonObject;
  /** Questions that the model was really asked, and tools that were really called, in their order. */
  asked: readonly string[];
  called: readonly string[];
}

/** Plays a scenario, from the beginning or from a part of its log, until nobody is waited for. */
export async function play(
  folder: string,
  scenario: Scenario,
  prefix: readonly RunEvent[] = [],
): Promise<Played> {
  // What is loaded only once must not come between events of the first run.
  await schemaProblems({}, {});
  const world = openWorld(folder, scenario, prefix);
  const { store, host } = world;
  if (prefix.length > 0) await begun(store, prefix);
  const plan =
    scenario.plan?.(folder) ?? testPlan({ name: 'scenario', ...scenario.options }, scenario.change);
  const ask = asking(scenario);
  const { raise } = scenario;
  let run: Run | undefined;
  for (let count = 0; ; count += 1) {
    if (count > MOST_PROCESSES) throw new Error('it never ends');
    const state = run?.state ?? (prefix.length > 0 ? await loadState(store, ID) : undefined);
    const isRaised = state?.status === 'partial' && raise !== undefined;
    const taken = { id: ID, ...ask, ...(isRaised && { raise }) };
    run = state
      ? await resumeRun(host, taken)
      : await startRun(host, { id: ID, plan, inputs: [], ...ask });
    world.run = run;
    await (world.clock ? overTime(run.done, { clock: world.clock, waits: waits(run) }) : run.done);
    await answerAll(host, run, scenario);
    const log = await logOf(store);
    const wasRaised = log.some(({ type, data }) => type === 'run.resumed' && data.raise);
    const goesOn =
      run.state.status === 'waiting' ||
      log.at(-1)?.type === 'run.stopped' ||
      (run.state.status === 'partial' && raise !== undefined && !wasRaised);
    if (goesOn) continue;
    const { cuts, asked, called } = world;
    return { log, state: run.state, cuts, end: endOf(run.state), asked, called };
  }
}

type Made = Parameters<typeof toolsmith.tool>;

interface World {
  host: Host;
  store: Store;
  clock: FixedClock | undefined;
  cuts: number[];
  asked: string[];
  called: string[];
  run: Run | undefined;
}

function openWorld(folder: string, scenario: Scenario, prefix: readonly RunEvent[]): World {
  const store = memoryStore({ folder });
  const cuts: number[] = [];
  // What is appended together is there together, so a log can only be cut between appends.
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  const from = prefix.at(-1)?.ts;
  const clock = scenario.clock && fixedClock(from === undefined ? undefined : Date.parse(from));
  const [asked, called]: [string[], string[]] = [[], []];
  const world: World = {
    host: undefined as never,
    store,
    clock,
    cuts,
    asked,
    called,
    run: undefined,
  };
  let stops = prefix.length > 0 ? undefined : scenario.stopAt;
  const model = scriptedModel((request) => answerOf(scenario, request), clock ? { clock } : {});
  const script: ModelProvider = {
    name: model.name,
    async *ask(request, signal) {
      asked.push(keyOf(request));
      if (askedBy(request) === stops) {
        stops = undefined;
        world.run?.stop('the test stops it');
        await new Promise((_, fail) => {
          if (signal.aborted) fail(signal.reason);
          signal.addEventListener('abort', () => fail(signal.reason));
        });
      }
      yield* model.ask(request, signal);
    },
  };
  const counted = (tool: Tool): Tool => ({
    ...tool,
    run(args, ...more) {
      called.push(JSON.stringify([tool.name, args]));
      return tool.run(args, ...more);
    },
  });
  const tools = scenario.tools?.() ?? builtinTools.filter(({ needsBox }) => !needsBox);
  const sandbox = scenario.box?.();
  const host = testHost(folder, {
    ...{ script, store, tools: tools.map(counted) },
    ...(clock && { effects: { clock } }),
    ...(sandbox && { sandbox }),
    ...(scenario.price && { price: scenario.price }),
  });
  const smith = { ...toolsmith, tool: (...made: Made) => counted(toolsmith.tool(...made)) };
  const whole = { ...host, toolsmith: smith };
  world.host = scenario.host?.(whole, folder) ?? whole;
  return world;
}

function keyOf(request: ModelRequest): string {
  return `${askedBy(request)} ${sha256(JSON.stringify(request.messages))}`;
}

/**
 * A call of a tool takes no time of the clock; asking a model, or waiting for its room, does, also where
 * one repairs what a tool makes.
 */
function waits({ state }: Run): () => boolean {
  const isShort = ({ kind, tool = '' }: InFlight): boolean =>
    kind === 'tool' && !tool.startsWith('wait.');
  const isRepair = ({ kind, frame }: InFlight): boolean =>
    kind === 'model' && state.frames.get(frame)?.role === 'repairer';
  return () => {
    const out = [...state.inFlight.values()];
    return out.some(isRepair) || !out.some(isShort);
  };
}

function asking({ person, away }: Scenario) {
  return person && !away
    ? { ask: async (request: Parameters<typeof person>[0]) => person(request) }
    : {};
}

/** Answers what a run that has ended waits for. */
async function answerAll(host: Host, run: Run, { person }: Scenario): Promise<void> {
  if (run.state.status !== 'waiting') return;
  for (const id of run.state.pendingApprovals) {
    const approval = run.state.approvals.get(id);
    if (!approval || !person) throw new Error('somebody is asked, and nobody is there');
    await answerApproval(host, { run: ID, id, answer: person({ ...approval, run: ID }) });
  }
}

/** A run whose process has died after these events. */
async function begun(store: Store, prefix: readonly RunEvent[]): Promise<void> {
  const lease = await store.create(ID, 'a process that died');
  await store.append(lease, prefix, 'full');
  await store.release(lease);
}

function answerOf({ script }: Scenario, request: ModelRequest): ScriptedAnswer {
  const name = askedBy(request);
  const { messages } = request;
  const rounds = messages.filter(({ role }) => role === 'assistant').length;
  const asked: Asked = {
    ...{ name, rounds, request },
    last: messages.at(-1)?.text ?? '',
    text: messages.map(({ text }) => text).join('\n'),
  };
  const answers = script[name] ?? usual(asked, script);
  const said = answers[Math.min(rounds, answers.length - 1)] ?? '';
  return typeof said === 'function' ? said(asked) : said;
}

/** What agents answer that a scenario does not name. */
function usual(
  { name, rounds, request }: Asked,
  { '*': others }: Scenario['script'],
): NonNullable<Scenario['script'][string]> {
  const role = request.headers['x-awp-role'];
  if (role === 'judge') {
    const isCheck = request.messages[0]?.text.startsWith('You check');
    return [isCheck ? { valid: true, feedback: 'fine' } : critic(0.9)];
  }
  if (role !== 'manager') return others ?? [{ summary: `${name} did it`, confidence: 0.9 }];
  if (name === 'manager') return [delegate('a'), complete()];
  return rounds === 0 ? [delegate(`${name}_w`)] : [complete(`${name} is done`)];
}

/** A critic's answer. */
export function critic(score: number, more: JsonObject = {}): JsonObject {
  return { summary: 'seen', score, defects: [], prescriptions: [], ...more };
}

function endOf(state: RunState): JsonObject {
  const { status, ending, frames, artifacts, creation } = state;
  const { reason, message, text = '', result = {}, output } = ending ?? {};
  const agents = [...frames.values()].map(({ name, outcome }): [string, JsonObject] => {
    const { ok = false, output: said = {}, confidence = 0, code } = outcome ?? {};
    return [name, { ok, output: said, confidence, ...(code !== undefined && { code }) }];
  });
  const files = [...artifacts.values()].map(({ path, sha256: hash }): [string, string] => [
    path,
    hash,
  ]);
  return {
    ...{ status, text, result },
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(output !== undefined && { output }),
    agents: Object.fromEntries(agents.sort(byName)),
    files: Object.fromEntries(files.sort(byName)),
    ...(creation && { made: madeIn(creation) }),
  };
}

/** Tools and skills that are there at the end, and what was proposed or taken away. */
function madeIn({ tools, removed, skills, proposals }: CreationState): JsonObject {
  const there = [...tools.values()].map(
    ({ name, hash, creator, origin, repairs }) => `${name} ${hash} ${origin} ${creator} ${repairs}`,
  );
  return {
    tools: there.sort(),
    removed: [...removed].sort(),
    skills: [...skills.values()].map(({ name, sha256: hash }) => `${name} ${hash}`).sort(),
    proposals: [...proposals.keys()].sort(),
  };
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

/** What no log may tell, wherever its processes died: `length` is where the last one did. */
export function problemsOf({ log, state, asked, called }: Played, length: number): string[] {
  const again = begunAgain(log, length).filter((problem) => !isOfProgram(log, length, problem));
  const problems = [...unsettled(log), ...endedOften(log), ...madeTwice(log), ...again];
  if (log.some(({ seq }, index) => seq !== index + 1)) problems.push('the log has a gap');
  const { inFlight, openFrames, pendingApprovals, unsettled: charged } = state;
  for (const left of [inFlight, openFrames, pendingApprovals, charged]) {
    if (left.size > 0) problems.push(`something is left: ${[...left.keys()].join(', ')}`);
  }
  const since = log.slice(length);
  const questions = since.filter(({ type }) => type === 'model.asked').length;
  if (asked.length > questions) problems.push('a model was asked without a word of it in the log');
  const made = since.filter(({ type }) => type === 'tool.called').length;
  if (called.length > made) problems.push('a tool was called without a word of it in the log');
  return problems;
}

/** Whether it is a call that a program made which had not ended: the program runs again as a whole. */
function isOfProgram(log: readonly RunEvent[], length: number, problem: string): boolean {
  const [, parent] = /the call (\S+)\.i\d+ /.exec(problem) ?? [];
  const ended = log.slice(0, length).filter(({ type }) => type === 'tool.returned');
  return parent !== undefined && !ended.some(({ data }) => 'call' in data && data.call === parent);
}
