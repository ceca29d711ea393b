import type { ToolEntry, ToolPlaces } from '../data/kept-tools.ts';
import type { RunTool } from '../data/run-tools.ts';
import type { ToolDraft } from '../events/creation.ts';
import type { Arguments } from './command.ts';
import { counted } from './diagnostics/summary.ts';
import { homeOption } from './open-home.ts';
import type { Shell } from './shell.ts';
import { block, oneLine } from './text.ts';

/** Where tools are looked for: the workflow that `--dir` names, or the nearest one, and the `.awp` folder. */
export async function withPlaces(args: Arguments, shell: Shell): Promise<ToolPlaces> {
  const [{ workflowRoot }, { findHome }, effects] = await Promise.all([
    import('../data/kept-tools.ts'),
    import('../data/home.ts'),
    shell.effects(),
  ]);
  const { files } = effects;
  const workflow = await workflowRoot(args.text('dir'), { files, cwd: shell.cwd });
  const home = await findHome({ ...homeOption(args, shell), cwd: shell.cwd, effects });
  return { files, workflow, home };
}

/** A tool outside of a run as columns: name, where from, who made it, what it does. */
export function entryColumns(entry: ToolEntry): string[] {
  if ('problem' in entry) {
    return [entry.name, entry.from, '', `no tool: ${entry.problem.error} (${entry.path})`];
  }
  if (entry.from === 'ships') return [entry.name, 'ships', '', entry.tool.description];
  const { draft, creator } = entry.tool;
  return [entry.name, entry.from, creator, draft.description];
}

/** The same as JSON. */
export function entryJson(entry: ToolEntry): object {
  const { name, from } = entry;
  if ('problem' in entry) return { name, from, file: entry.path, problem: entry.problem.error };
  if (entry.from === 'ships') {
    const { description, parameters } = entry.tool;
    return { name, from, description, parameters };
  }
  const { draft, hash, creator, createdAt, run, repairs } = entry.tool;
  return {
    ...{ name, from, ...shownDraft(draft) },
    code_hash: hash ?? null,
    ...{ creator, created_at: createdAt ?? null, run: run ?? null, repairs, file: entry.path },
  };
}

/** A tool of a run as columns: name, state, who made it, calls, and why it was refused. */
export function runToolColumns(row: RunTool): string[] {
  const { name, state, creator = '', calls, reused, problem } = row;
  const used =
    problem || state === 'proposed' ? '' : `${counted(calls, 'call')}, ${reused} by others`;
  const why = problem ? `${problem.status} at ${problem.stage}: ${problem.error}` : describe(row);
  return [name, state, creator, used, why];
}

function describe({ tool, proposal }: RunTool): string {
  return tool?.description ?? proposal?.description ?? '';
}

/** The same as JSON. */
export function runToolJson(row: RunTool): object {
  const { name, state, creator, calls, reused, tool, proposal, problem } = row;
  const draft = tool ?? proposal;
  return {
    ...{ name, state, creator: creator ?? null, calls, reused },
    ...(draft && shownDraft(draft)),
    ...(tool && {
      ...{ code_hash: tool.hash, created_at: tool.createdAt, repairs: tool.repairs },
    }),
    ...(proposal && { shape: proposal.shape, workers: [...proposal.workers] }),
    ...(problem && { problem: { ...problem } }),
  };
}

function shownDraft({ description, parameters, code, language, secrets }: Omit<ToolDraft, 'meta'>) {
  return { description, parameters, language, code, required_secrets: [...secrets] };
}

/** The parts of a tool in full, safe to print: what is said of it, its arguments, its source. */
export function draftText(draft: Omit<ToolDraft, 'meta'>, facts: readonly string[]): string {
  const { name, description, parameters, code, language, secrets } = draft;
  const unseen = code.match(/\p{Cf}/gu)?.length ?? 0;
  return [
    oneLine(name),
    ...facts.map((fact) => `  ${oneLine(fact)}`),
    ...(secrets.length > 0 ? [`  asks for the secrets ${oneLine(secrets.join(', '))}`] : []),
    ...(unseen > 0 ? [`  ! its source has ${unseen} characters that are not seen`] : []),
    '',
    block(description),
    '',
    'arguments:',
    block(JSON.stringify(parameters, undefined, 2)),
    '',
    `source (${language}):`,
    block(code.endsWith('\n') ? code.slice(0, -1) : code),
    '',
  ].join('\n');
}
