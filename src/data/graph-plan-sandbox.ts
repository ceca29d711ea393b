import { canonicalJson } from '../base/json.ts';
import { agentFolder, agentName } from '../models/workflow.ts';
import { loopConfig } from './graph-plan-loops.ts';
import { isNested } from './graph-plan-nodes.ts';
import type { GraphSource } from './graph-plan-source.ts';
import { loopSandbox } from './loop-sandbox.ts';
import type { SandboxOptions } from './sandbox-options.ts';

/** A box that somebody in a workflow asks for. */
interface Wish {
  who: string;
  options: SandboxOptions;
}

/**
 * The box of a run (capabilities 2.1): one for all, the strictest of those that the workflow, its
 * agents, its loops and its sub-workflows ask for; packages of all. `notes` say where they differ.
 * Undefined options when nobody asks. Throws `spec/unsupported`, `spec/invalid`.
 */
export function graphSandbox(source: GraphSource): {
  options: SandboxOptions | undefined;
  notes: readonly string[];
} {
  const [first, ...others] = wishesOf(source, '');
  if (!first) return { options: undefined, notes: [] };
  const options = others.reduce((sum, one) => strictest(sum, one.options), first.options);
  const notes = [first, ...others].flatMap(({ who, options: own }) => {
    const less = FIELDS.filter((field) => differs(own[field], options[field]));
    return less.length > 0
      ? [`all agents share one box, the strictest: ${who} asks for another ${less.join(', ')}`]
      : [];
  });
  return { options, notes };
}

/** Those without a wish of their own have the box of the workflow. */
function wishesOf(source: GraphSource, prefix: string): Wish[] {
  const { manifest, agents, subworkflows } = source;
  const envelope = manifest.safety_envelope;
  const wish = (who: string, sources: Parameters<typeof loopSandbox>[0]): Wish[] => {
    const options = loopSandbox(sources);
    return options ? [{ who: `${prefix}${who}`, options }] : [];
  };
  const common = { enforced: undefined, envelope: envelope?.sandbox };
  const general = wish('the workflow', { ...common, box: manifest.sandbox });
  const own = [...agents.values()].flatMap(({ folder, value }) => {
    const box = value.capabilities?.sandbox;
    return box ? wish(agentName(folder), { ...common, box }) : [];
  });
  const loops = (manifest.orchestration?.graph ?? []).filter(
    (node) => isNested(node) && !subworkflows.has(node.id),
  );
  const ofLoops = loops.flatMap((node) => {
    const { manager, worker_policy, safety_envelope } = loopConfig(node);
    const lead = manager ? agents.get(agentFolder(manager)) : undefined;
    return wish(node.id, {
      box: lead?.value.capabilities?.sandbox ?? manifest.sandbox,
      enforced: worker_policy?.enforced?.sandbox,
      envelope: (envelope ?? safety_envelope)?.sandbox,
    });
  });
  const inner = [...subworkflows].flatMap(([id, sub]) => wishesOf(sub, `${prefix}${id}/`));
  return [...general, ...own, ...ofLoops, ...inner];
}

/** Fields in which a smaller value is stricter. */
const LEAST = ['timeoutMs', 'memoryMb', 'cpuSeconds', 'outputChars'] as const;
const FIELDS = ['minimum', ...LEAST, 'hosts', 'languages'] as const;

function strictest(one: SandboxOptions, other: SandboxOptions): SandboxOptions {
  const least = LEAST.flatMap((field) => {
    const given = [one[field], other[field]].filter((limit) => limit !== undefined);
    return given.length === 0 ? [] : [[field, Math.min(...given)] as const];
  });
  const packages = packagesOf(one, other);
  const languages = one.languages ?? other.languages;
  return {
    minimum: one.minimum === 'none' && other.minimum === 'none' ? 'none' : 'boundary',
    ...Object.fromEntries(least),
    hosts: common(one.hosts ?? [], other.hosts ?? []),
    ...(languages && { languages }),
    ...(packages && { packages }),
  };
}

/** Hosts that both may reach; `*` is every public one. */
function common(one: readonly string[], other: readonly string[]): readonly string[] {
  if (one.includes('*')) return other;
  return other.includes('*') ? one : one.filter((host) => other.includes(host));
}

function packagesOf(one: SandboxOptions, other: SandboxOptions): SandboxOptions['packages'] {
  const all = (kind: 'python' | 'javascript'): string[] => [
    ...new Set([...(one.packages?.[kind] ?? []), ...(other.packages?.[kind] ?? [])]),
  ];
  const [python, javascript] = [all('python'), all('javascript')];
  if (python.length + javascript.length === 0) return undefined;
  return {
    ...(python.length > 0 && { python }),
    ...(javascript.length > 0 && { javascript }),
  };
}

/** What nobody said is no other wish. */
function differs(wish: unknown, box: unknown): boolean {
  if (wish === undefined) return false;
  return canonicalJson(wish as string) !== canonicalJson((box ?? null) as string);
}
