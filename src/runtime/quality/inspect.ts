import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import { suffixOf } from '../../base/paths.ts';
import type { Fact } from '../../events/event.ts';
import { workedTurns } from '../../events/loop-fold-quality.ts';
import { GATES, type GateName } from '../../events/plan-policy.ts';
import type { Artifact, Frame } from '../../events/state.ts';
import type { RunContext } from '../context.ts';
import { runPath } from '../engines/loop/gates/deliverables.ts';
import type { Evidence, SeenFile } from '../engines/loop/gates/gate.ts';
import { gatesOf, heldAgainst, isLastRefusal } from '../engines/loop/gates/index.ts';
import { lookAtLoop } from '../engines/loop/look.ts';
import { isBelow } from '../nodes/earlier-files.ts';
import { schemaProblems } from '../schema.ts';
import { contractProblems } from '../submanagers/contract.ts';

/** Bytes of one file that are read, files that are read, and bytes of all of them. */
const FILE_BYTES = 512 * 1024;
const MOST_FILES = 300;
const ALL_BYTES = 32 * 1024 * 1024;

/**
 * Holds the ending that a manager wants against the gates of its loop, and says what came of it, once
 * for each answer (spec, runtime 4.9). Files are looked at as the log knows them, so that a resumed run
 * finds the same. Bounded work, whatever the run wrote.
 */
export async function inspectEnding(context: RunContext, frame: Frame): Promise<Fact[]> {
  const { plan, state } = context;
  const { decision, call = '' } = frame;
  if (decision?.decision !== 'complete') return [];
  const look = lookAtLoop(plan, state, frame);
  const gates = gatesOf(look);
  const found = heldAgainst(gates, look, await gather(context, frame, decision.result));
  if (!found) {
    const names = gates.map(({ name }) => name).filter(isGateName);
    return [{ type: 'gates.passed', agent: frame.id, data: { call, gates: names } }];
  }
  const final = isLastRefusal(look, workedTurns(frame)) && ({ final: true } as const);
  return [{ type: 'gate.rejected', agent: frame.id, data: { call, ...found, ...final } }];
}

function isGateName(name: GateName | 'critique'): name is GateName {
  return GATES.some((one) => one === name);
}

async function gather(context: RunContext, frame: Frame, result: JsonObject): Promise<Evidence> {
  const { state } = context;
  const files = await seenFiles(context, frame);
  const there = new Set(
    [...state.artifacts.values()].flatMap(({ path, name, bytes }) =>
      bytes > 0 ? [path, name] : [],
    ),
  );
  return {
    ...{ result, files },
    hasFile: (path) => there.has(path),
    contract: await unmet(context, frame, result),
    misfits: await misfits(frame, files),
  };
}

async function seenFiles({ runFiles, state }: RunContext, frame: Frame): Promise<SeenFile[]> {
  const own = [...state.artifacts.values()]
    .filter(({ agent }) => isBelow(state, agent, frame))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const seen: SeenFile[] = [];
  let left = ALL_BYTES;
  for (const file of own) {
    const { path, name, bytes } = file;
    const isRead = seen.length < MOST_FILES && left > 0 && bytes > 0;
    const head = isRead ? await headOf(runFiles, file) : undefined;
    left -= head?.length ?? 0;
    seen.push({ path, name, bytes, head, lost: isRead && head === undefined });
  }
  return seen;
}

async function headOf(
  runFiles: RunContext['runFiles'],
  file: Artifact,
): Promise<Uint8Array | undefined> {
  try {
    return await runFiles.read(file, FILE_BYTES);
  } catch {
    return undefined;
  }
}

/** What of a result does not meet the contract of its loop, or the typed output of the run. */
async function unmet({ plan }: Pick<RunContext, 'plan'>, frame: Frame, result: JsonObject) {
  const own = await contractProblems(frame, { decision: 'complete', result });
  const typed =
    plan.output && frame.parent === undefined
      ? await schemaProblems(plan.output, result.output ?? null)
      : [];
  return [...own, ...typed.map((problem) => `output: ${problem}`)];
}

/** Files for which the plan has a schema, and which do not meet it. */
async function misfits({ delegation }: Frame, files: readonly SeenFile[]): Promise<string[]> {
  const found: string[] = [];
  for (const { schemas = {} } of delegation?.subtasks.values() ?? []) {
    for (const [path, schema] of Object.entries(schemas)) {
      const named = files.filter((file) => [file.path, file.name].includes(runPath(path)));
      const problems = await Promise.all(named.map((file) => misfit(file, schema)));
      // One of several that bear the name is enough.
      if (problems.length > 0 && problems.every((problem) => problem !== undefined))
        found.push(`${path}: ${problems[0]}`);
    }
  }
  return found;
}

async function misfit(
  { name, bytes, head }: SeenFile,
  schema: JsonObject,
): Promise<string | undefined> {
  if (suffixOf(name) !== 'json' || !head || head.length < bytes) return undefined;
  const value = parseJson(new TextDecoder().decode(head));
  if (value === undefined) return 'this is no JSON';
  const problems = await schemaProblems(schema, value);
  // Nobody can mend a schema that cannot be used: the plan has it from its manager.
  if (problems[0]?.startsWith('the JSON Schema cannot be used')) return undefined;
  const kind = isObject(value) ? 'object' : Array.isArray(value) ? 'list' : 'value';
  return problems.length === 0
    ? undefined
    : `the ${kind} in it does not meet its schema: ${problems.slice(0, 3).join('; ')}`;
}
