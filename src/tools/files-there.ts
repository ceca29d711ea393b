import type { Workspace } from '../ports/tool.ts';

/** Files that a message lists. */
const LISTED = 40;

/** A sentence that names the files of a workspace, so that a wrong path can be put right. */
export async function filesThere(workspace: Workspace): Promise<string> {
  const paths = (await workspace.list('')).map(({ path }) => path);
  if (paths.length === 0) return 'there are no files yet';
  const more = paths.length > LISTED ? ` and ${paths.length - LISTED} more` : '';
  return `files that exist: ${paths.slice(0, LISTED).join(', ')}${more}`;
}
