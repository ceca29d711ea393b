import type { ChangeSignal } from '../base/concurrency.ts';
import type { Plan } from '../events/plan.ts';
import type { RunState } from '../events/state.ts';
import type { GrantedSecret, Host } from '../ports/host.ts';
import type { ToolSpec } from '../ports/model-provider.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import type { Tool } from '../ports/tool.ts';
import type { Surroundings } from './agent/prompt.ts';
import type { ApprovalDesk } from './approvals/desk.ts';
import type { RoleModels } from './fallback.ts';
import type { ModelTrace } from './model-trace.ts';
import type { Redact } from './redact.ts';
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
  surroundings: Surroundings;
  /** The run's box; undefined when no worker may run code. */
  sandbox: Sandbox | undefined;
  /** Rings when the driver has something to look at. */
  wake: ChangeSignal;
  /** Tool calls that programs make from inside of their boxes. */
  innerCalls: InnerCalls;
  /** The wall time that is left. */
  stopwatch: Stopwatch;
  /** Milliseconds of work that are left; infinite without a limit. The last turn may use `closing`. */
  remainingMs(kind: 'work' | 'closing'): number;
  /** Keeps what models are asked and answer; left out unless it was asked for. */
  trace?: ModelTrace;
  /** Where people are asked. */
  desk: ApprovalDesk;
  /** Secrets of the run, by name. */
  secrets: ReadonlyMap<string, GrantedSecret>;
  /** What stands against tool calls. */
  guards: Guards;
  /** Takes secrets out of what leaves the run. */
  redact: Redact;
  /** Shows a note of a call that is out to whoever watches. */
  progress(note: { agent: string; call: string; text: string }): void;
  /** Shows a piece of an answer to whoever watches. */
  delta(piece: { agent: string; call: string; text: string }): void;
  /** Whether somebody watches pieces now. */
  watched(): boolean;
}
