import type { Manifest } from '../models/manifest.ts';
import { hideValues } from '../runtime/nodes/hide-fields.ts';
import { dynamicTools, innerMaking } from './creation-manifest.ts';
import { type Creating, creationOption } from './creation-options.ts';
import { graphSandbox } from './graph-plan-sandbox.ts';
import type { GraphSource } from './graph-plan-source.ts';
import { sensitiveIn } from './graph-plan-state.ts';

/** Something about a workflow that its author should know when it runs. */
export interface GraphNote {
  /** What it is about. */
  name: string;
  /** A sentence. */
  note: string;
}

/**
 * What of a graph is not as its author may think: wishes for boxes that a common one does not
 * fulfil, and sections of sub-workflows that only count for a whole run.
 */
export function graphNotes(source: GraphSource): GraphNote[] {
  const boxes = graphSandbox(source).notes.map((note) => ({ name: 'sandbox', note }));
  const creating = creationOption(dynamicTools(source.manifest));
  return [...boxes, ...ofState(source, 'state'), ...ofSubworkflows(source, '', creating)];
}

/** What is sensitive is kept nowhere, so that a value in the file serves nobody (R14). */
function ofState({ manifest }: GraphSource, name: string): GraphNote[] {
  const initial = manifest.state?.initial ?? {};
  const hidden = hideValues(sensitiveIn(manifest), initial);
  const names = Object.keys(initial).filter((key) => hidden[key] !== initial[key]);
  if (names.length === 0) return [];
  const note = `sensitive values of state.initial are kept nowhere, [redacted] stands for them: ${names.join(', ')}`;
  return [{ name, note }];
}

/** Namespaces of a sub-workflow in which its agents make nothing: the whole run has the last word. */
function ofMaking(manifest: Manifest, name: string, making: Creating | undefined): GraphNote[] {
  const own = creationOption(dynamicTools(manifest))?.making.namespaces ?? [];
  const lost = own.filter((one) => !making?.making.namespaces.includes(one));
  if (lost.length === 0) return [];
  const note = `agents of the sub-workflow ${name} make no tools in ${lost.join(', ')}: the whole run does not allow that, or its tools can do more there`;
  return [{ name, note }];
}

function ofSubworkflows(
  { subworkflows }: GraphSource,
  prefix: string,
  creating: Creating | undefined,
): GraphNote[] {
  return [...subworkflows].flatMap(([id, sub]) => {
    const { manifest } = sub;
    const name = `${prefix}${id}`;
    const { run_budget, execution } = manifest.orchestration ?? {};
    const idle = [
      ...(run_budget ? ['run_budget, but for max_wall_time'] : []),
      ...(execution && sub.written.timeoutIdle ? ['timeout_idle'] : []),
      ...['rate_limiting', 'circuit_breaker', 'access_control'].flatMap((section) =>
        manifest.security && section in manifest.security ? [`security.${section}`] : [],
      ),
      ...(manifest.observability?.evaluation?.enabled ? ['evaluation'] : []),
    ];
    const own = idle.map((section) => ({
      name,
      note: `${section} of the sub-workflow ${name} does not count: that of the whole run does`,
    }));
    const making = innerMaking(creating, manifest);
    return [
      ...own,
      ...ofMaking(manifest, name, making),
      ...ofState(sub, name),
      ...ofSubworkflows(sub, `${name}/`, making),
    ];
  });
}
