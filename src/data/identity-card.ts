import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { nodeFiles } from '../effects/files.ts';
import type { Files } from '../ports/effects.ts';
import { identityCard } from '../validator/identity-card.ts';
import { readWorkflow } from './read-workflow.ts';
import { reportOn } from './validate.ts';

/**
 * The identity card of an agent, given its file or its folder. Throws `spec/no-workflow` and
 * `spec/invalid`.
 */
export async function readIdentityCard(
  path: string,
  files: Files = nodeFiles(),
): Promise<JsonObject> {
  const folder = (await files.info(path))?.kind === 'folder';
  const read = await readWorkflow(folder ? `${path}/agent.awp.yaml` : path, files);
  const [agent] = read.workflow.agents.values();
  if (agent?.value) return identityCard(agent);
  const { diagnostics, sources } = reportOn(read);
  const first = diagnostics.find(({ severity }) => severity === 'error');
  const place = first
    ? `${first.file}:${first.range.start.line}: ${first.message}`
    : 'this is no agent';
  throw new AwpError('spec/invalid', place, {
    hint: first?.help ?? 'name an agent.awp.yaml',
    findings: { diagnostics, sources, folder: read.folder },
  });
}
