import { AwpError } from '../base/errors.ts';
import { isSecretName } from '../base/secret.ts';
import type { Manifest } from '../models/manifest.ts';
import { grantProblem, HOSTS } from './secret-options.ts';

/** A secret that somebody has declared: a workflow, a tool, a setting. Only these are looked up. */
export interface SecretNeed {
  name: string;
  /** Whether a run cannot start without it. */
  required: boolean;
  /** False for a variable that must be there but is no secret: nobody gets it, nothing is hidden. */
  sensitive: boolean;
  /** Value when there is no other. */
  fallback?: string;
  /** Hosts whose requests may carry it. */
  hosts?: readonly string[];
  /** Tools that get it, as names or patterns. */
  tools?: readonly string[];
}

/** What the manifest of a workflow says about its secrets. */
export interface WorkflowSecrets {
  needs: readonly SecretNeed[];
  /** The file with secrets, from the workflow's folder. */
  path: string;
  /** Whether that file must be there. */
  mustExist: boolean;
}

/**
 * Needs from names as tools and settings list them; a `?` behind a name marks it as optional. Throws
 * `spec/invalid` for a text that is no name.
 */
export function secretNeeds(names: readonly string[]): SecretNeed[] {
  return names.map((text) => {
    const name = text.replace(/\?$/, '');
    if (!isSecretName(name)) throw invalid(`${JSON.stringify(text.slice(0, 80))} is no secret`);
    return { name, required: name === text, sensitive: true };
  });
}

/**
 * The secrets of a workflow: sensitive and required variables of `env`, and `security.secrets`. Throws
 * `spec/unsupported` for services that keep secrets elsewhere, `spec/invalid` for names and hosts
 * that cannot be.
 */
export function workflowSecrets({ workflow, security }: Manifest): WorkflowSecrets {
  const own = (workflow.env ?? []).flatMap(fromVariable);
  const secrets = security?.secrets;
  if (!secrets) return { needs: own, path: 'secrets.yaml', mustExist: false };
  const { backend, path, required, never_log, grants } = secrets;
  if (backend === 'vault' || backend === 'aws_secrets') {
    throw new AwpError('spec/unsupported', `secrets cannot be read from ${backend} so far`, {
      hint: 'set them as variables of the environment, or write backend: file',
    });
  }
  const hidden = secretNeeds(never_log).map((need) => ({ ...need, required: false }));
  const needs = [
    ...own,
    ...secretNeeds(required),
    ...hidden,
    ...Object.entries(grants).map(fromGrant),
  ];
  return { needs, path, mustExist: backend === 'file' };
}

type Variable = NonNullable<Manifest['workflow']['env']>[number];

function fromVariable(variable: Variable): SecretNeed[] {
  const { name, required, sensitive, optional, default: fallback } = variable;
  if (!required && !sensitive) return [];
  if (!isSecretName(name)) throw invalid(`env: ${JSON.stringify(name.slice(0, 80))} is no name`);
  const text = typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
  return [
    {
      ...{ name, sensitive, required: required && !optional },
      ...(text !== undefined && text !== 'null' && { fallback: text }),
    },
  ];
}

type Grant = NonNullable<
  NonNullable<NonNullable<Manifest['security']>['secrets']>['grants']
>[string];

function fromGrant([name, { hosts, tools }]: [string, Grant]): SecretNeed {
  const [need] = secretNeeds([name]);
  const problem = hosts === undefined ? undefined : grantProblem({ hosts });
  if (need === undefined || problem !== undefined) {
    throw invalid(`security.secrets.grants.${name}.hosts: ${problem}`, HOSTS);
  }
  return { ...need, required: false, ...(hosts && { hosts }), ...(tools && { tools }) };
}

function invalid(message: string, hint = 'name it like a variable, such as API_KEY'): AwpError {
  return new AwpError('spec/invalid', message, { hint });
}
