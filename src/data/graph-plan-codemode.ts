import { matchesTool } from '../base/paths.ts';
import type { PlanCodemode } from '../events/creation.ts';
import type { Agent } from '../models/agent.ts';

type Codemode = NonNullable<NonNullable<Agent['capabilities']>['codemode']>;

/** What `execution` says where it is left out (capabilities 3). */
const EXECUTION = { timeout: 30, max_retries: 1, capture_console: true };

/**
 * How an agent works whose file switches code mode on (capabilities 3); undefined: it does not. Its
 * `sandbox_ref` has one value: that of the agent's own box, which every program of it runs in.
 */
export function planCodemode(codemode: Codemode | undefined): PlanCodemode | undefined {
  if (!codemode?.enabled) return undefined;
  const { language, execution = EXECUTION, state, sdk_surface: surface } = codemode;
  return {
    language,
    retries: execution.max_retries,
    timeoutMs: Math.ceil(execution.timeout * 1000),
    console: execution.capture_console,
    ...(state?.enabled && { state: state.backend }),
    ...(surface?.mode === 'explicit' && { only: surface.include }),
  };
}

/**
 * The tools that programs of an agent can call, of those that it may have: all of them, or, when the
 * surface is explicit, those that it includes (R22). What it excludes is denied besides (R23).
 */
export function onSurface(allowed: readonly string[], codemode: Codemode): readonly string[] {
  const { mode = 'auto', include = [] } = codemode.sdk_surface ?? {};
  if (mode === 'auto') return allowed;
  const fits = include.flatMap((name) => {
    if (allowed.some((pattern) => matchesTool(pattern, name))) return [name];
    // A pattern that is wider than what is allowed stands for that.
    return allowed.filter((pattern) => matchesTool(name, pattern));
  });
  return [...new Set(fits)];
}
