import { canonicalJson, type Json, type JsonObject } from '../base/json.ts';
import { pathProblem } from '../base/paths.ts';
import type { PlanState } from '../events/plan-graph.ts';
import type { Manifest } from '../models/manifest.ts';
import { type GraphSource, wrongAt } from './graph-plan-source.ts';

const MIB = 1024 * 1024;

/** What values of the state are filled in from. */
export interface Moment {
  runId: string;
  /** When the run starts, in milliseconds since 1970. */
  now: number;
  /** A moment of the day that it counts as its own, in the same unit; left out: `now`. */
  day?: number;
}

/**
 * The state of a graph (capabilities 7.1): `auto_inject` is filled in and wins over `initial`.
 * `sensitive` are the names of hidden fields, those of the graphs around it included. Throws
 * `spec/invalid` for a folder that leads out of the run's.
 */
export function planState(
  { manifest, placeOf }: Pick<GraphSource, 'manifest' | 'placeOf'>,
  moment: Moment,
  sensitive: readonly string[] = sensitiveIn(manifest),
): PlanState {
  const state: Partial<NonNullable<Manifest['state']>> = manifest.state ?? {};
  const { initial = {}, auto_inject = {}, required_fields = [], limits, persistence } = state;
  const { max_state_size_mb = 10, max_field_size_mb = 1 } = limits ?? {};
  // Each node has a key: nobody's limit is none that a large graph cannot keep.
  const nodes = manifest.orchestration?.graph.length ?? 0;
  const { max_fields = Math.max(1000, 2 * nodes) } = limits ?? {};
  const folder = persistence?.path ?? '';
  const problem = persistence?.enabled ? pathProblem(folder) : undefined;
  if (problem !== undefined) {
    throw wrongAt(
      placeOf('state', 'persistence', 'path'),
      problem,
      'name a folder below the folder of the run, such as data/state',
    );
  }
  const filled = filledIn(auto_inject, moment) as JsonObject;
  const injected = Object.keys(filled).filter(
    (key) => canonicalJson(filled[key]) !== canonicalJson(auto_inject[key]),
  );
  return {
    initial: { ...initial, ...filled },
    ...(injected.length > 0 && { injected }),
    required: required_fields,
    limits: {
      bytes: Math.floor(max_state_size_mb * MIB),
      fieldBytes: Math.floor(max_field_size_mb * MIB),
      fields: max_fields,
    },
    sharing: sharingOf(state.sharing, sensitive),
    ...(persistence?.enabled && {
      persistence: {
        folder,
        interval: persistence.interval,
        last: persistence.snapshot_on_completion,
      },
    }),
  };
}

/** The fields that a workflow itself calls sensitive (R14), as it writes them. */
export function sensitiveIn({ state }: Pick<Manifest, 'state'>): readonly string[] {
  return state?.sharing?.sensitive_fields ?? [];
}

function sharingOf(
  sharing: NonNullable<Manifest['state']>['sharing'],
  sensitive: readonly string[],
): PlanState['sharing'] {
  const { strategy = 'full', rules = [], never_share = [] } = sharing ?? {};
  return {
    strategy,
    rules: rules.map(({ from, to, fields, transform }) => ({
      from,
      ...(to !== undefined && { to: typeof to === 'string' ? [to] : to }),
      fields,
      ...(transform !== undefined && { transform }),
    })),
    never: never_share,
    sensitive,
    validation: sharing?.validation ?? 'warn',
  };
}

/** `{{RUN_ID}}`, `{{TIMESTAMP}}` and `{{DATE}}`, and the `${now}` of the standard's example. */
function filledIn(value: Json, moment: Moment): Json {
  if (typeof value === 'string') return textWith(value, moment);
  if (Array.isArray(value)) return value.map((one) => filledIn(one, moment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, filledIn(one, moment)] as const),
  );
}

function textWith(text: string, { runId, now, day = now }: Moment): string {
  const time = new Date(now).toISOString();
  const known: Readonly<Record<string, string>> = {
    RUN_ID: runId,
    TIMESTAMP: time,
    DATE: new Date(day).toISOString().slice(0, 10),
    now: time,
  };
  return text.replace(
    /\{\{\s*(RUN_ID|TIMESTAMP|DATE|now)\s*\}\}|\$\{\s*(RUN_ID|TIMESTAMP|DATE|now)\s*\}/g,
    (whole, braces?: string, dollar?: string) => known[braces ?? dollar ?? ''] ?? whole,
  );
}
