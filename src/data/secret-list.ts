import { dirname } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { Effects } from '../ports/effects.ts';
import { environmentOf } from './secret-keys.ts';
import { workflowSecrets } from './secret-needs.ts';
import { openSecretStore } from './secret-store.ts';
import { type SecretSource, whereSecretsAre } from './secrets.ts';
import { openWorkflow } from './workflow-folder.ts';

/** A secret as lists show it. */
export interface SecretRow {
  name: string;
  /** Where its value comes from; undefined when there is none. */
  from: SecretSource | undefined;
  /** When it was put into the user's store, in ISO 8601. */
  setAt: string | undefined;
  /** Whether a run needs it; undefined when nobody was asked. */
  required?: boolean;
  /** The workflow's file of secrets. */
  file?: string;
}

/**
 * The secrets of the user's store. One whose variable is set comes from the environment, which wins.
 * Throws as `openSecretStore`.
 */
export function storedSecrets(effects: Effects): SecretRow[] {
  const environment = environmentOf(effects.secrets);
  return openSecretStore(effects)
    .list()
    .map(({ name, setAt }) => ({
      name,
      setAt,
      from: environment.get(name) === undefined ? 'store' : 'environment',
    }));
}

/**
 * The secrets that a workflow declares itself, and where each would come from. Those of tools and
 * servers are known only when they are started. Throws as `openWorkflow`, `workflowSecrets` and
 * `resolveSecrets`, but not for those that are missing.
 */
export async function workflowSecretRows(path: string, effects: Effects): Promise<SecretRow[]> {
  const { workflow } = await openWorkflow(path, effects.files);
  const manifest = workflow.manifest?.value;
  if (!manifest) throw new AwpError('spec/no-workflow', 'there is no manifest');
  const workflowFolder = path.endsWith('.yaml') ? dirname(path) : path;
  const { needs, ...file } = workflowSecrets(manifest);
  const found = await whereSecretsAre({ declared: needs, file, workflowFolder, effects });
  const stored = [...found.values()].includes('store') ? openSecretStore(effects).list() : [];
  return [...found].map(([name, from]) => ({
    ...{ name, from, file: file.path },
    setAt: from === 'store' ? stored.find((one) => one.name === name)?.setAt : undefined,
    required: needs.some((need) => need.name === name && need.required),
  }));
}
