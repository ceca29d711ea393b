import type { Json, JsonObject } from '../base/json.ts';
import { creationJson, creationResult, type ResultCreation } from './creation-result.ts';
import type { FanOut, NodeStatus } from './graph-state.ts';
import { skipReason, type WalkedNode, walkNodes } from './graph-walk.ts';
import { mainModel } from './plan.ts';
import { evaluationJson, evaluationOf, type ResultEvaluation } from './scoring.ts';
import type { AgentUsage, Approval, Artifact, RunState, RunStatus } from './state.ts';

/** A file that a run handed out. */
export interface ResultArtifact {
  /** Where it is, on this machine. */
  path: string;
  /** Its path below `artifacts/`. */
  name: string;
  /** Media type, guessed from the name. */
  type: string;
  bytes: number;
  sha256: string;
  /** Name of the agent that wrote it. */
  agent: string;
}

/** What one agent used itself. */
export interface AgentSpend extends AgentUsage {
  /** Id of its place in the run, `2.1`. */
  id: string;
  name: string;
}

/** A call that waits until a person allows or refuses it. */
export interface ResultApproval
  extends Pick<Approval, 'id' | 'tool' | 'args' | 'argsHash' | 'reason' | 'requestedAt'> {
  /** Name of the agent that wants to call. */
  agent: string;
}

/** How a node of a graph stands; what it brought is in the result's `result`, by its id. */
export interface ResultNode {
  /** `waiting` for nodes before it, `ready` for room. */
  status: NodeStatus;
  /** Agents that were started for it: attempts, rounds, instances and replacements. */
  runs: number;
  /** Rounds that ended, for a node with a loop. */
  rounds?: number;
  /**
   * For a node with a fan-out: instances in all, that ended, and of those that failed, and that were
   * stopped because nothing needed them any more (left out when none was).
   */
  instances?: { count: number; ended: number; failed: number; stopped?: number };
  /**
   * For a node that fell back on kept results (degradation `cached_results`): the age of the oldest one
   * when it was taken, in milliseconds. Left out when all that it brought is fresh.
   */
  cached?: { ageMs: number };
  /** Why it failed, as `family/what`. */
  code?: string;
  /** Why it failed or was skipped, in words. */
  reason?: string;
}

/** Tokens and calls of a run, and of each agent. */
export interface ResultUsage {
  inputTokens: number;
  outputTokens: number;
  /** Part of `inputTokens` that services read from their caches. */
  cachedTokens: number;
  /** Part of `outputTokens` that was spent on reasoning. */
  reasoningTokens: number;
  totalTokens: number;
  modelCalls: number;
  toolCalls: number;
  workers: number;
  loops: number;
  /** True when a figure in it is an estimate. */
  estimated: boolean;
  agents: readonly AgentSpend[];
}

/** What came of a run (decision 18). */
export interface RunResult<Output = Json> {
  status: RunStatus;
  /** Why it is not complete, as `family/what`: `budget/tokens`, `stall`, `approval/needed`. */
  reason?: string;
  /** The answer in words. */
  text: string;
  /** The typed output, if one was asked for and the run is complete. */
  output: Output | undefined;
  /**
   * The manager's whole result; for a partial run with the workers' outputs. Of a graph what each node
   * brought, by its id, beside the values that the state began with.
   */
  result: JsonObject;
  /**
   * Every node of a graph by its path, `weather/writer` for one of a sub-workflow, in the order of the
   * graph; left out for delegation loops.
   */
  nodes?: Readonly<Record<string, ResultNode>>;
  artifacts: readonly ResultArtifact[];
  /** Calls that wait for a person, oldest first; left out when there are none. */
  approvals?: readonly ResultApproval[];
  usage: ResultUsage;
  /** US dollars; null when the price of a model is not known. */
  cost: number | null;
  /** US dollars of the calls whose price is known; left out when `cost` is all of it. */
  costAtLeast?: number;
  metadata: Partial<ResultCreation> & {
    runId: string;
    /** A sentence about why it is not complete. */
    message?: string;
    /** True when no model was asked: the demo and scripted models. */
    simulated: boolean;
    /** The tape that all answers came from, and when it was recorded (ISO 8601, UTC). */
    replayed?: { file: string; recorded: string };
    /** The run that it was forked from, and after which of its events; left out for others. */
    forked?: { from: string; seq: number };
    model: string;
    /** Active time, in milliseconds. */
    wallTimeMs: number;
    /** Host folder with the artifacts. */
    outputDir: string;
    resumes: number;
    /** How good it is; left out when nothing was scored. */
    evaluation?: ResultEvaluation;
  };
}

/** The result of a run as far as it has come; `folder` is where its artifacts are. */
export function resultOf(state: RunState, folder: string): RunResult {
  const { ending, plan, ledger, status } = state;
  const approvals = pendingOf(state);
  const evaluation = evaluationOf(state);
  const creation = creationResult(state);
  const { reason, message } = whyNot(state);
  return {
    status,
    ...(reason !== undefined && { reason }),
    text: ending?.text ?? '',
    output: ending?.output,
    result: ending?.result ?? {},
    ...(state.graphs.size > 0 && { nodes: nodesOf(state) }),
    artifacts: byPath([...state.artifacts.values()]).map(
      ({ path, type, bytes, sha256, agentName }) => ({
        path: `${folder}/${path}`,
        name: path,
        ...{ type, bytes, sha256, agent: agentName },
      }),
    ),
    ...(approvals.length > 0 && { approvals }),
    usage: usageOf(state),
    cost: ledger.unpriced > 0 ? null : ledger.used.cost,
    ...(ledger.unpriced > 0 && { costAtLeast: ledger.used.cost }),
    metadata: {
      runId: state.run,
      ...(message !== undefined && { message }),
      simulated: state.simulated,
      ...(plan?.replay && {
        replayed: { file: plan.replay.file, recorded: plan.replay.recorded },
      }),
      ...(state.forked && { forked: { ...state.forked } }),
      model: plan ? mainModel(plan) : '',
      wallTimeMs: state.activeMs,
      outputDir: folder,
      resumes: state.resumes,
      ...(evaluation && { evaluation }),
      ...creation,
    },
  };
}

function nodesOf(state: RunState): Record<string, ResultNode> {
  return Object.fromEntries([...walkNodes(state)].map((one) => [one.path, resultNode(one)]));
}

function resultNode({ node, graph }: WalkedNode): ResultNode {
  const { status, runs, rounds, plan, fan, kept, code } = node;
  const reason = status === 'failed' ? node.reason : skipReason(node, graph);
  return {
    ...{ status, runs },
    ...(plan.repeat && { rounds: rounds.length }),
    ...(fan && { instances: instancesOf(fan) }),
    ...(kept && { cached: { ageMs: kept.ageMs } }),
    ...(code !== undefined && { code }),
    ...(reason !== undefined && reason !== '' && { reason }),
  };
}

function instancesOf({ count, ended, failed, stopped }: FanOut): ResultNode['instances'] & {} {
  return { count, ended, failed, ...(stopped > 0 && { stopped }) };
}

/** Why a run is not complete, as `family/what` and in words; what it waits for is in its approvals. */
function whyNot({ ending, status, stopReason }: RunState): { reason?: string; message?: string } {
  if (status === 'waiting') {
    return { reason: 'approval/needed', message: 'a person must allow or refuse what it wants' };
  }
  const reason = ending?.reason ?? (status === 'cancelled' ? 'stopped' : undefined);
  const message = ending?.message ?? stopReason;
  return { ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) };
}

function pendingOf({ pendingApprovals, approvals }: RunState): ResultApproval[] {
  return [...pendingApprovals].flatMap((id) => {
    const approval = approvals.get(id);
    if (!approval) return [];
    const { tool, args, argsHash, reason, requestedAt, agentName } = approval;
    return [{ id, agent: agentName, tool, args, argsHash, reason, requestedAt }];
  });
}

/** Workers end in any order; the result does not depend on it. */
function byPath(artifacts: Artifact[]): Artifact[] {
  return artifacts.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function usageOf({ frames, ledger }: RunState): ResultUsage {
  const agents = [...frames.values()].map(({ id, name, usage }) => ({ id, name, ...usage }));
  const inputTokens = agents.reduce((sum, { input }) => sum + input, 0);
  return {
    inputTokens,
    outputTokens: ledger.used.tokens - inputTokens,
    cachedTokens: agents.reduce((sum, { cached = 0 }) => sum + cached, 0),
    reasoningTokens: agents.reduce((sum, { reasoning = 0 }) => sum + reasoning, 0),
    totalTokens: ledger.used.tokens,
    modelCalls: ledger.used.calls,
    toolCalls: ledger.used.tools,
    workers: ledger.used.workers,
    loops: ledger.used.loops,
    estimated: ledger.estimated,
    agents,
  };
}

/** The word that older surfaces have for a status (decision 3). */
function legacyStatus({ status, reason = '' }: RunResult): string {
  if (status === 'partial' && reason.startsWith('budget/')) return 'budget_exceeded';
  if (status === 'partial' && reason === 'stall') return 'stall_detected';
  return status === 'cancelled' ? 'stopped' : status;
}

/** The result as the last line of `--json` holds it: the protocol's keys (spec, surfaces 1.3). */
export function resultJson(result: RunResult): JsonObject {
  const { status, reason, text, output, artifacts, approvals, usage, cost, metadata } = result;
  const paths = artifacts.map(({ path }) => path);
  return {
    status,
    legacy_status: legacyStatus(result),
    ...(reason !== undefined && { reason }),
    ...(metadata.message !== undefined && { message: metadata.message }),
    text,
    ...(output !== undefined && { output }),
    result: result.result,
    ...(result.nodes && { nodes: nodesJson(result.nodes) }),
    artifacts: paths,
    output_files: paths,
    artifact_details: artifacts.map((artifact) => ({ ...artifact })),
    ...(approvals && { approvals: approvals.map(approvalJson) }),
    output_dir: metadata.outputDir,
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cached_tokens: usage.cachedTokens,
      reasoning_tokens: usage.reasoningTokens,
      total_tokens: usage.totalTokens,
      estimated: usage.estimated,
      agents: usage.agents.map((agent) => ({ ...agent })),
    },
    cost_usd: cost,
    ...(result.costAtLeast !== undefined && { cost_at_least_usd: result.costAtLeast }),
    metadata: {
      run_id: metadata.runId,
      loops: usage.loops,
      tokens_used: usage.totalTokens,
      model_calls: usage.modelCalls,
      wall_time: Math.round(metadata.wallTimeMs / 10) / 100,
      workers_spawned: usage.workers,
      tool_calls: usage.toolCalls,
      output_dir: metadata.outputDir,
      model: metadata.model,
      simulated: metadata.simulated,
      ...(metadata.replayed && { replayed: { ...metadata.replayed } }),
      ...(metadata.forked && { forked: { ...metadata.forked } }),
      resumes: metadata.resumes,
      ...(metadata.evaluation && { evaluation: evaluationJson(metadata.evaluation) }),
      ...creationOf(metadata),
    },
  };
}

function creationOf({ toolCreation, createdTools }: RunResult['metadata']): JsonObject {
  return toolCreation && createdTools ? creationJson({ toolCreation, createdTools }) : {};
}

function nodesJson(nodes: Readonly<Record<string, ResultNode>>): JsonObject {
  return Object.fromEntries(Object.entries(nodes).map(([path, node]) => [path, { ...node }]));
}

function approvalJson({ argsHash, requestedAt, ...approval }: ResultApproval): JsonObject {
  return {
    ...approval,
    args_hash: argsHash,
    requested_at: new Date(requestedAt).toISOString(),
  };
}
