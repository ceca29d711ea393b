import { sha256 } from '../../base/hash.ts';
import { PROMOTED_FOLDER } from '../../events/kept-tool.ts';
import type { Plan } from '../../events/plan.ts';
import type { Host } from '../../ports/host.ts';
import type { KeptPlace } from './kept-files.ts';

/** Where the tools are that a person promoted; undefined for a run without a workflow folder. */
export function promotedPlace(
  { effects }: Pick<Host, 'effects'>,
  { brought }: Pick<Plan, 'brought'>,
): KeptPlace | undefined {
  const root = brought?.workflow;
  return root === undefined ? undefined : { files: effects.files, root, below: PROMOTED_FOLDER };
}

/** Where tools of earlier runs of the same workflow are; undefined where nothing is kept for other runs. */
export function keptPlace(
  { effects, toolsFolder: root }: Pick<Host, 'effects' | 'toolsFolder'>,
  plan: Pick<Plan, 'brought' | 'name'>,
): KeptPlace | undefined {
  if (root === undefined) return undefined;
  return { files: effects.files, root, below: keptKey(plan.brought?.workflow, plan.name) };
}

/** The folder of a workflow among kept tools: by its own folder, or by its name when it has none. */
export function keptKey(folder: string | undefined, name: string): string {
  return sha256(folder === undefined ? `name\0${name}` : `folder\0${folder}`).slice(0, 32);
}

/** The file of a kept tool: a hash, so that no name of a tool is ever part of a path (W15). */
export function keptFile(tool: string): string {
  return `${sha256(tool)}.json`;
}
