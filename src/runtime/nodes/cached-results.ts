import { sha256 } from '../../base/hash.ts';
import { canonicalJson, isObject, type JsonObject, parseJson } from '../../base/json.ts';
import type { Fact, RunEvent } from '../../events/event.ts';
import { placeOf } from '../../events/graph-agents.ts';
import type { NodeRun } from '../../events/graph-events.ts';
import { tryOf } from '../../events/graph-fold-repeat.ts';
import { type GraphPlace, isPlain } from '../../events/graph-nodes.ts';
import type { PlanAgent, PlanNode } from '../../events/plan-graph.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Clock, Files } from '../../ports/effects.ts';
import type { Command } from '../command.ts';
import type { Pass } from '../pass.ts';
import { cleanResults, isExpired, KEPT_MS } from './clean-results.ts';
import { hidesAnything } from './hide-fields.ts';
import { agentProblem } from './state-limits.ts';
import { visibleItem, visibleState } from './visible.ts';

/** The command that takes a kept result. */
type UseCached = Extract<Command, { do: 'use-cached' }>;

/** Version of the files; others are not read. */
const VERSION = 1;

/** A result that was kept. */
interface Kept {
  /** When its agent ended, in milliseconds since 1970. */
  at: number;
  output: JsonObject;
  /** 0 to 1. */
  confidence: number;
  /** Age at which it is taken away, in milliseconds; 30 days when left out. */
  keepMs?: number;
}

/** One that is to be written. */
interface Waiting {
  key: string;
  kept: Kept;
}

interface Parts {
  state: RunState;
  files: Files;
  clock: Pick<Clock, 'now'>;
  /** Folder of kept results; undefined: none are kept. */
  folder: string | undefined;
}

/**
 * Results that nodes fall back on when they fail (spec, runtime 2.1; decision 28): what an agent
 * answered to the same input in an earlier run, or earlier in this one. Only nodes with a rule
 * `cached_results` have theirs kept, never those with sensitive fields (R14): a redacted result would
 * pass for a whole one. They are no part of the log: what cannot be kept or read counts as not there.
 */
export class KeptResults {
  readonly #parts: Parts;
  /** Under what the results of open agents are kept: what they see when they start counts. */
  readonly #keys = new Map<string, string>();
  #waiting: Waiting[] = [];
  #hasWritten = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes up agents that an earlier process started. */
  open(): void {
    const { state } = this.#parts;
    for (const id of state.openFrames) this.#started(state.frames.get(id));
  }

  /** Follows the log as the state does. */
  see({ type, agent = '', data, ts }: RunEvent): void {
    if (this.#parts.folder === undefined) return;
    const { state } = this.#parts;
    if (type === 'agent.started') this.#started(state.frames.get(agent));
    else if (type === 'agent.finished') this.#finished(agent, { ...data, at: Date.parse(ts) });
    else if (type === 'agent.failed') this.#keys.delete(agent);
    else if (type === 'node.finished' && data.from !== undefined) {
      this.#allowed(data.from, Date.parse(ts));
    }
  }

  /** Writes what came since the last time, when the log is safe; undefined when nothing did. */
  write(): Promise<void> | undefined {
    const { folder } = this.#parts;
    if (this.#waiting.length === 0 || folder === undefined) return undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#hasWritten = true;
    return this.#keep(folder, waiting);
  }

  /** Takes away what is too old or too much, when the run has kept something; never fails. */
  async clean(): Promise<void> {
    const { files, folder, clock } = this.#parts;
    if (!this.#hasWritten || folder === undefined) return;
    await cleanResults(files, folder, clock.now());
  }

  async #keep(folder: string, waiting: readonly Waiting[]): Promise<void> {
    const { files } = this.#parts;
    for (const { key, kept } of waiting) {
      const text = JSON.stringify({ version: VERSION, key, ...kept });
      try {
        await files.makeFolder(folder);
        await files.write(`${folder}/${key}.json`, text);
      } catch {
        // A run does not fail because another one may have to do without this.
      }
    }
  }

  /** The kept result of a node's try with its age in milliseconds; undefined when there is none. */
  async find(place: GraphPlace, run: NodeRun): Promise<(Kept & { ageMs: number }) | undefined> {
    const { files, folder, clock } = this.#parts;
    const key = this.#keyOf(place, run);
    if (key === undefined || folder === undefined) return undefined;
    const text = await files.readText(`${folder}/${key}.json`).catch(() => '');
    const kept = read(parseJson(text), key);
    if (!kept || isExpired(kept, clock.now())) return undefined;
    return { ...kept, ageMs: Math.max(0, clock.now() - kept.at) };
  }

  #started(frame: Frame | undefined): void {
    const { state } = this.#parts;
    const place = frame?.node && placeOf(state, frame);
    if (!frame?.node || !place) return;
    // What took over from the node's own agent is no result of that.
    if (frame.agentKey !== agentKeyOf(place.node.plan, frame.node)) return;
    const key = this.#keyOf(place, frame.node);
    if (key !== undefined) this.#keys.set(frame.id, key);
  }

  #finished(agent: string, kept: Kept): void {
    const key = this.#keys.get(agent);
    if (key === undefined) return;
    const { state } = this.#parts;
    const frame = state.frames.get(agent);
    const node = frame && placeOf(state, frame)?.node.plan;
    // What a person must allow is kept when one has.
    if (!node || node.approval === 'after') return;
    this.#keys.delete(agent);
    const { output, confidence, at } = kept;
    this.#waiting.push({ key, kept: { output, confidence, at, ...keptFor(node) } });
  }

  /** A person has allowed an output as it stands. */
  #allowed(agent: string, at: number): void {
    const { state } = this.#parts;
    const frame = state.frames.get(agent);
    const node = frame && placeOf(state, frame)?.node.plan;
    const key = this.#keys.get(agent);
    this.#keys.delete(agent);
    if (key === undefined || !node || !frame.outcome) return;
    const { output, confidence } = frame.outcome;
    this.#waiting.push({ key, kept: { output, confidence, at, ...keptFor(node) } });
  }

  /** SHA-256 of the agent with its model, the task and what the agent sees; undefined when nothing is to be kept. */
  #keyOf({ graph, node }: GraphPlace, run: NodeRun): string | undefined {
    const { state } = this.#parts;
    const { plan } = node;
    const agent = state.plan?.agents?.[agentKeyOf(plan, run) ?? ''];
    if (!agent || !mayBeKept(plan, agent)) return undefined;
    const { sharing, injected = [] } = graph.plan.state;
    if (hidesAnything(agent, sharing)) return undefined;
    const input = { ...visibleState(state, graph, plan.id).values };
    for (const key of injected) delete input[key];
    const item = visibleItem(state, graph, run) ?? null;
    const { round = null, said = null } = run;
    const { task = '', simulated = false } = state.plan ?? {};
    // What another model said, or one that only plays it, is another result.
    const by = { agent: agent.hash, model: agent.model, simulated };
    return sha256(canonicalJson({ ...by, task, input, item, round, said }));
  }
}

/** Whose results they are: not of who took over. */
function agentKeyOf({ agent, fanOut }: PlanNode, { instance }: NodeRun): string | undefined {
  return (instance === undefined ? undefined : fanOut?.agent) ?? agent;
}

/** Only what somebody falls back on; of rounds and instances not before a person has seen the whole. */
function mayBeKept(plan: PlanNode, agent: PlanAgent): boolean {
  if (agent.hash === '') return false;
  if (plan.approval === 'after' && !isPlain({ ...plan, approval: 'before' })) return false;
  return plan.degradation.some(({ fallback }) => fallback === 'cached_results');
}

/** A node that takes older ones has its own kept for as long. */
function keptFor({ degradation }: PlanNode): Pick<Kept, 'keepMs'> {
  const wanted = degradation.map((one) =>
    one.fallback === 'cached_results' ? (one.maxStalenessMs ?? 0) : 0,
  );
  const longest = Math.max(0, ...wanted);
  return longest > KEPT_MS ? { keepMs: longest } : {};
}

function read(value: unknown, key: string): Kept | undefined {
  if (!isObject(value) || value.version !== VERSION || value.key !== key) return undefined;
  const { at, output, confidence, keepMs } = value;
  if (typeof at !== 'number' || !isObject(output)) return undefined;
  if (typeof confidence !== 'number' || confidence < 0 || confidence > 1) return undefined;
  return { at, output, confidence, ...(typeof keepMs === 'number' && { keepMs }) };
}

/**
 * The fact that a kept result takes the place of what failed, or that there is none that is young
 * enough: then the try goes on failing.
 */
export async function useCached({ context }: Pass, command: UseCached): Promise<Fact[]> {
  const { graph, node: id, instance, maxStalenessMs } = command;
  const node = graph.nodes.get(id);
  const one = node && tryOf(node, instance);
  if (!node || !one?.failure) return [];
  const kept = await context.results.find({ graph, node }, runOf(node, instance));
  const isYoung = kept !== undefined && kept.ageMs <= (maxStalenessMs ?? kept.ageMs);
  const fits =
    isYoung && agentProblem({ graph, node }, kept.output, instance !== undefined) === undefined;
  const found = fits && {
    ...{ ageMs: kept.ageMs, output: kept.output, confidence: kept.confidence },
  };
  const { code, message } = one.failure;
  const about = { node: id, ...(instance !== undefined && { instance }) };
  const data = { ...about, fallback: 'cached_results', code, message, ...found } as const;
  return [{ type: 'node.degraded', agent: graph.frame, data }];
}

/** The run of a node as its agent would be started now. */
function runOf({ plan, rounds, said }: GraphPlace['node'], instance: number | undefined): NodeRun {
  return {
    ...{ id: plan.id, attempt: 1 },
    ...(plan.repeat && { round: rounds.length + 1 }),
    ...(instance !== undefined && { instance }),
    ...(said !== undefined && { said }),
  };
}
