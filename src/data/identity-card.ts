import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { nodeFiles } from '../effects/files.ts';
import type { Files } from '../ports/effects.ts';
import { identityCard } from '../validator/identity-card.ts';
import { readWorkflow } from './read-workflow.ts';
import { reportOn } from './validate.ts';

/** Names of an agent's file, the standard's first (D5). */
const NAMES = ['agent.awp.yaml', 'agent.yaml'];

/**
 * The identity card of an agent, given its file or its folder. Throws `spec/no-workflow` and
 * `spec/invalid`.
 */
export async function readIdentityCard(
  path: string,
  files: Files = nodeFiles(),
): Promise<JsonObject> {
  const read = await readWorkflow(await agentFile(path, files), files);
  const { manifest, agents } = read.workflow;
  const [agent] = agents.values();
  if (!manifest && agent?.value) return identityCard(agent);
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

/** The file of an agent that is named by its folder; otherwise what is named. */
async function agentFile(path: string, files: Files): Promise<string> {
  for (const name of NAMES) {
    const file = `${path}/${name}`;
    if ((await files.info(file))?.kind === 'file') return file;
  }
  return path;
}
