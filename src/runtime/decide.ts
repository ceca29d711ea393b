import type { RunState } from '../events/state.ts';
import { admitAsk } from './admit-ask.ts';
import { admitWorker } from './admit-worker.ts';
import { readAnswer } from './agent/read-answer.ts';
import { askAboutLoop } from './approvals/ask-about-loop.ts';
import { Admission } from './budget.ts';
import type { Command } from './command.ts';
import type { RunContext } from './context.ts';
import type { Cut, Finished, Start } from './effect.ts';
import type { EffectsInFlight } from './effects-in-flight.ts';
import { nextCommands } from './engines/index.ts';
import { scoreFact, startJudge } from './evaluation/admit.ts';
import { askPerson } from './nodes/ask-person.ts';
import { useCached } from './nodes/cached-results.ts';
import { joinByTool } from './nodes/fan-in-tool.ts';
import { ratesOf } from './nodes/node-guards.ts';
import { preprocess } from './nodes/preprocess.ts';
import { admitStart } from './nodes/start-nested.ts';
import { limitedCommands } from './nodes/state-limits.ts';
import { stepStart } from './nodes/steps.ts';
import { stopFrames } from './nodes/stop-frame.ts';
import type { Decided, Pass } from './pass.ts';
import { startRepair } from './quality/admit-repair.ts';
import { startReview } from './quality/admit-review.ts';
import { inspectEnding } from './quality/inspect.ts';
import { admitTool } from './tools/admit-tool.ts';
import type { InnerCall } from './tools/inner-calls.ts';

/** How long a program's call waits before it looks for room in the budget again, in milliseconds. */
const AGAIN_MS = 500;

interface Moment {
  /** Milliseconds since 1970. */
  now: number;
  effects: EffectsInFlight;
  /** Whether nothing is out that could make room: who waits for a share that may come back is refused. */
  isFinal: boolean;
}

/**
 * Asks the engines what follows for these frames, and admits it. Nothing has happened yet, but for
 * effects that were ended.
 */
export async function decide(
  context: RunContext,
  ready: readonly string[],
  { now, effects, isFinal }: Moment,
): Promise<Decided> {
  const { plan, state } = context;
  const decided: Decided = { facts: [], starts: [], blocked: [], later: [] };
  const pass: Pass = {
    ...{ context, now, decided, admission: new Admission(state, { isFinal }) },
    ...{ skipped: new Set(), names: new Set(), runs: new Map(), stopped: new Set() },
    isOut: (id) => effects.has(id),
    cut: (frames, why) => [...dropStarts(decided, frames, why), ...effects.cut(why, frames)],
  };
  const moment = { plan, state, now, ...ratesOf(context, now) };
  for (const id of outermostFirst(state, ready)) {
    const frame = state.frames.get(id);
    if (!frame || frame.phase === 'closed') continue;
    for (const command of limitedCommands(state, nextCommands(moment, frame))) {
      if (!pass.stopped.has(id)) await admit(pass, command);
    }
    if (decided.facts.at(-1)?.type === 'run.finished') break;
  }
  return decided;
}

/** A graph is asked before what is below it: what it stops asks for nothing any more. */
function outermostFirst(state: RunState, ready: readonly string[]): readonly string[] {
  const depthOf = (id: string): number => state.frames.get(id)?.depth ?? 0;
  if (ready.length < 2 || state.graphs.size === 0) return ready;
  const graphs = ready.filter((id) => state.graphs.has(id)).sort((a, b) => depthOf(a) - depthOf(b));
  return [...graphs, ...ready.filter((id) => !state.graphs.has(id))];
}

/** Effects of this pass that are not to be started any more. */
function dropStarts(decided: Decided, frames: ReadonlySet<string>, why: Cut): Finished[] {
  const isMeant = ({ id }: Start): boolean => frames.has(id.split('/', 1)[0] ?? id);
  const dropped = decided.starts.filter(isMeant);
  decided.starts = decided.starts.filter((start) => !isMeant(start));
  return dropped.map((start) => start.outOfTime(why));
}

async function admit(pass: Pass, command: Command): Promise<void> {
  const { context, decided } = pass;
  switch (command.do) {
    case 'record':
      decided.facts.push(...command.facts);
      return;
    case 'read':
      decided.facts.push(...(await readAnswer(context.state, command.frame)));
      return;
    case 'ask':
      return admitAsk(pass, command);
    case 'call-tool':
      return admitCall(pass, command);
    case 'start-worker':
      return admitWorker(pass, command);
    case 'start-node':
      return admitStart(pass, command);
    case 'call-step':
      if (!pass.isOut(command.frame.id)) decided.starts.push(stepStart(context, command.frame.id));
      return;
    case 'preprocess':
      return preprocess(pass, command);
    case 'stop-frames':
      decided.facts.push(...stopFrames(pass, context.state, command));
      return;
    case 'cut-calls':
      for (const { facts } of pass.cut(new Set([command.frame]), command)) {
        decided.facts.push(...facts);
      }
      return;
    case 'ask-person':
      return admitAll(pass, askPerson(pass, command));
    case 'ask-about-loop':
      return askAboutLoop(pass, command);
    case 'use-cached':
      decided.facts.push(...(await useCached(pass, command)));
      return;
    case 'fan-in-tool':
      return admitAll(pass, await joinByTool(pass, command));
    case 'start-judge':
      return startJudge(pass, command);
    case 'start-review':
      return startReview(pass, command);
    case 'start-repair':
      return startRepair(pass, command);
    case 'inspect':
      decided.facts.push(...(await inspectEnding(context, command.frame)));
      return;
    case 'score':
      decided.facts.push(...(await scoreFact(context.state, command)));
      return;
    case 'wait':
      decided.later.push({ frame: command.frame, until: command.until });
      return;
  }
}

/** Admits what follows from a command. */
async function admitAll(pass: Pass, commands: readonly Command[]): Promise<void> {
  const { state } = pass.context;
  for (const command of limitedCommands(state, commands)) await admit(pass, command);
}

async function admitCall(
  pass: Pass,
  { frame, pending }: Extract<Command, { do: 'call-tool' }>,
): Promise<void> {
  const { context, decided } = pass;
  const { id, call } = pending;
  const { name, args } = call;
  const admitted = await admitTool(context, pass, { frame, id, name, args });
  const { facts, starts, until, blocked } = admitted;
  decided.facts.push(...facts);
  decided.starts.push(...starts);
  if (until !== undefined) decided.later.push({ frame: frame.id, until });
  if (blocked) decided.blocked.push(frame.id);
}

/**
 * Admits the tool calls that programs ask for from inside of their boxes; those that must wait go
 * back into the queue.
 */
export async function admitInner(
  context: RunContext,
  calls: readonly InnerCall[],
  now: number,
): Promise<Pick<Decided, 'facts' | 'starts'>> {
  const pass = { admission: new Admission(context.state), now };
  const admitted: Pick<Decided, 'facts' | 'starts'> = { facts: [], starts: [] };
  for (const { frame, id, name, args, parentCall, signal } of calls) {
    const inside = { parentCall, signal };
    const call = await admitTool(context, pass, { frame, id, name, args, inside });
    admitted.facts.push(...call.facts);
    admitted.starts.push(...call.starts);
    if (call.held !== undefined) context.innerCalls.hold(id, call.held);
    const until = call.blocked ? now + AGAIN_MS : call.until;
    if (until !== undefined) context.innerCalls.defer(id, until);
  }
  return admitted;
}
