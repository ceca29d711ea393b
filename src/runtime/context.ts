import type { ChangeSignal } from '../base/concurrency.ts';
import type { Plan } from '../events/plan.ts';
import type { Frame, RunState } from '../events/state.ts';
import type { GrantedSecret, Host } from '../ports/host.ts';
import type { ToolSpec } from '../ports/model-provider.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import type { Tool } from '../ports/tool.ts';
import type { Surroundings } from './agent/parts/look.ts';
import type { ApprovalDesk } from './approvals/desk.ts';
import type { KeptTools } from './creation/kept-follow.ts';
import type { CreatedTools } from './creation/registry.ts';
import type { RepairQueue } from './creation/repair-queue.ts';
import type { RoleModels } from './fallback.ts';
import type { InnerAsks } from './inner-asks.ts';
import type { ModelTrace } from './model-trace.ts';
import type { KeptResults } from './nodes/cached-results.ts';
import type { NodeGuards } from './nodes/node-guards.ts';
import type { StateFiles } from './nodes/state-files.ts';
import type { Redact } from './redact.ts';
import type { RunSkills } from './skills/run-skills.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { RunFiles } from './tools/artifacts.ts';
import type { Guards } from './tools/guards.ts';
import type { InnerCalls } from './tools/inner-calls.ts';

/** Everything that a running run is made of; made once, at its start or resumption. */
export interface RunContext {
  host: Host;
  plan: Plan;
  state: RunState;
  runFiles: RunFiles;
  /** Models of the plan, by role and model string. */
  models: RoleModels;
  /** Tools that workers may be given, by name. */
  tools: ReadonlyMap<string, Tool>;
  /** The same tools as models are told about them. */
  specs: ReadonlyMap<string, ToolSpec>;
  /** Those among them that agents made. */
  created: CreatedTools;
  surroundings: Surroundings;
  /** Texts of skills, with those that managers write. */
  skills: RunSkills;
  /** The run's box; undefined when no worker may run code. */
  sandbox: Sandbox | undefined;
  /** Rings when the driver has something to look at. */
  wake: ChangeSignal;
  /** Tool calls that programs make from inside of their boxes. */
  innerCalls: InnerCalls;
  /** Questions that the code of agents asks. */
  innerAsks: InnerAsks;
  /** Drafts of tools that models are to put right. */
  repairs: RepairQueue;
  /** The wall time that is left. */
  stopwatch: Stopwatch;
  /** When something of the run moved last, on the clock that never goes back. */
  signs: { last: number };
  /**
   * Milliseconds of work that are left: of a frame's loop and all around it, or of the run; infinite
   * without a limit. The last turn may use `closing`.
   */
  remainingMs(kind: 'work' | 'closing', frame?: Pick<Frame, 'scope'>): number;
  /** Keeps what models are asked and answer; left out unless it was asked for. */
  trace?: ModelTrace;
  /** Where people are asked. */
  desk: ApprovalDesk;
  /** Secrets of the run, by name. */
  secrets: ReadonlyMap<string, GrantedSecret>;
  /** What stands against tool calls. */
  guards: Guards;
  /** What stands against agents of graphs. */
  nodeGuards: NodeGuards;
  /** Results that nodes fall back on. */
  results: KeptResults;
  /** Tools that later runs are to have. */
  keptTools: KeptTools;
  /** Files of the states of graphs. */
  stateFiles: StateFiles;
  /** Takes secrets out of what leaves the run. */
  redact: Redact;
  /** Shows a note of a call that is out to whoever watches. */
  progress(note: { agent: string; call: string; text: string }): void;
  /** Shows a piece of an answer to whoever watches. */
  delta(piece: { agent: string; call: string; text: string }): void;
  /** Whether answers are wanted in pieces: somebody watches, or a run in which nothing moves ends. */
  watched(): boolean;
}
