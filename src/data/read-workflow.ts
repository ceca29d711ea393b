import { basename, dirname, resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { nodeFiles } from '../effects/files.ts';
import { folderFiles } from '../parser/folder-files.ts';
import { type ParsedWorkflow, parseWorkflow } from '../parser/parse-workflow.ts';
import type { Files } from '../ports/effects.ts';

/** A workflow on disk as it was read, and where. */
export interface ReadWorkflow extends ParsedWorkflow {
  /** Absolute path of the folder that paths in diagnostics start from. */
  folder: string;
}

/**
 * Reads a workflow: a folder, its `workflow.awp.yaml` with all around it, or another manifest or
 * agent file alone. Throws `spec/no-workflow` when there is nothing at `path`; all else is in the
 * diagnostics.
 */
export async function readWorkflow(
  path: string,
  files: Files = nodeFiles(),
): Promise<ReadWorkflow> {
  const full = resolve(path);
  const kind = (await files.info(full))?.kind;
  // A link to a folder or file is followed: it is what the user has named.
  const real = kind === 'link' ? await files.realPath(full).catch(() => full) : full;
  const info = await files.info(real);
  if (info === undefined || info.kind === 'link') {
    throw new AwpError('spec/no-workflow', `there is nothing at ${path}`, {
      hint: 'name a folder with a workflow.awp.yaml, or a file; awp init makes one',
    });
  }
  if (info.kind === 'folder') {
    return { folder: real, ...(await parseWorkflow(folderFiles(files, real))) };
  }
  const folder = dirname(real);
  const file = basename(real);
  const whole = file === 'workflow.awp.yaml' && (await hasAgents(folder, files));
  const parsed = await parseWorkflow(folderFiles(files, folder), whole ? {} : { file });
  return { folder, ...parsed };
}

/** A manifest beside its agents stands for the whole folder. */
async function hasAgents(folder: string, files: Files): Promise<boolean> {
  return (await files.info(`${folder}/agents`))?.kind === 'folder';
}
