import { AwpError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { folderFiles } from '../parser/folder-files.ts';
import {
  badFile,
  type FileSecret,
  fillFromEnvironment,
  parseSecretsFile,
} from '../parser/secrets-file.ts';
import { parseEnvFile } from '../parser/secrets-file-env.ts';
import type { Effects } from '../ports/effects.ts';
import type { GrantedSecret } from '../ports/host.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';
import { environmentOf } from './secret-keys.ts';
import type { SecretNeed, WorkflowSecrets } from './secret-needs.ts';
import { type GivenSecret, readSecretOptions, type SecretOptions } from './secret-options.ts';
import { storedSecret } from './secret-store.ts';

/** What secrets are resolved from. */
export interface SecretSources {
  /** The option `secrets` of the API. */
  given?: SecretOptions | undefined;
  /** Absolute path of the folder whose `.env` and `secrets.yaml` are looked at. */
  workflowFolder?: string | undefined;
  /** The workflow's own file of secrets. Default `secrets.yaml`, which need not be there. */
  file?: Pick<WorkflowSecrets, 'path' | 'mustExist'> | undefined;
  /** Secrets that tools, settings and the workflow have declared, besides those that are given. */
  declared: readonly SecretNeed[];
  effects: Effects;
}

/** Where a secret was found; `default` is that of the workflow. */
export type SecretSource = 'api' | 'environment' | '.env' | 'file' | 'store' | 'default';

/** Larger files are none that a person has written. */
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Finds the values of all declared secrets and no others (decision 32): API, environment, the
 * workflow's `.env`, its `secrets.yaml`, the user's store; the first that has one wins, an empty one
 * counts as none. Throws `secret/missing` with the names of all that are required and not there,
 * `secret/bad-file`, `secret/not-private`, `secret/unreadable`, `secret/damaged`,
 * `usage/bad-option`.
 */
export async function resolveSecrets(
  sources: SecretSources,
): Promise<ReadonlyMap<string, GrantedSecret>> {
  const given = readSecretOptions(sources.given);
  const wanted = merged(sources.declared, given);
  const lookUp = await makeLookUp(sources, given);
  const secrets = new Map<string, GrantedSecret>();
  const missing: string[] = [];
  for (const need of wanted.values()) {
    const found = lookUp(need);
    if (!found && need.required) missing.push(need.name);
    if (found && need.sensitive) secrets.set(need.name, granted(need, found.value, given));
  }
  if (missing.length > 0) throw missingSecrets(missing);
  return secrets;
}

/** Where each declared secret comes from; undefined when it is nowhere. No value is handed out. */
export async function whereSecretsAre(
  sources: SecretSources,
): Promise<ReadonlyMap<string, SecretSource | undefined>> {
  const given = readSecretOptions(sources.given);
  const lookUp = await makeLookUp(sources, given);
  const wanted = [...merged(sources.declared, given).values()];
  return new Map(wanted.map((need) => [need.name, lookUp(need)?.from]));
}

/** One need for each name: required when one of them is, secret when one of them is. */
function merged(
  declared: readonly SecretNeed[],
  given: ReadonlyMap<string, GivenSecret>,
): Map<string, SecretNeed> {
  const own = [...given].map(([name, { optional }]) => ({
    ...{ name, required: !optional, sensitive: true },
  }));
  const needs = new Map<string, SecretNeed>();
  for (const need of [...own, ...declared]) {
    const other = needs.get(need.name);
    needs.set(need.name, {
      ...other,
      ...need,
      required: need.required || other?.required === true,
      sensitive: need.sensitive || other?.sensitive === true,
    });
  }
  return needs;
}

function granted(
  { name, hosts, tools }: SecretNeed,
  value: string,
  given: ReadonlyMap<string, GivenSecret>,
): GrantedSecret {
  const own = given.get(name);
  return {
    secret: new Secret(name, value),
    hosts: own?.hosts ?? hosts ?? [],
    tools: own?.tools ?? tools,
  };
}

type LookUp = (need: SecretNeed) => { value: string; from: SecretSource } | undefined;

/** Files are read once, the store only when nothing else has a value. */
async function makeLookUp(
  { workflowFolder, file, effects }: SecretSources,
  given: ReadonlyMap<string, GivenSecret>,
): Promise<LookUp> {
  const { processes, clock } = effects;
  const environment = environmentOf(effects.secrets);
  const variable = (name: string): string | undefined => environment.get(name);
  const { env, own } = await workflowFiles({ workflowFolder, file, effects });
  const inOrder: [SecretSource, (name: string) => string | undefined][] = [
    ['environment', variable],
    ['.env', (name) => env.get(name)?.text],
    ['file', (name) => filled(own.get(name), variable)],
    ['store', (name) => storedSecret(name, { secrets: environment, processes, clock })],
  ];
  return ({ name, fallback }) => {
    const { value, variable: other = name } = given.get(name) ?? {};
    if (value !== undefined) return { value, from: 'api' };
    for (const [from, get] of inOrder) {
      const found = get(other);
      if (found) return { value: found, from };
    }
    return fallback ? { value: fallback, from: 'default' } : undefined;
  };
}

function filled(
  found: FileSecret | undefined,
  variable: (name: string) => string | undefined,
): string | undefined {
  return found && fillFromEnvironment(found, variable);
}

interface WorkflowSecretFiles {
  env: ReadonlyMap<string, FileSecret>;
  own: ReadonlyMap<string, FileSecret>;
}

async function workflowFiles({
  workflowFolder,
  file = { path: 'secrets.yaml', mustExist: false },
  effects,
}: Omit<SecretSources, 'declared' | 'given'>): Promise<WorkflowSecretFiles> {
  if (workflowFolder === undefined) return { env: new Map(), own: new Map() };
  const files = folderFiles(effects.files, workflowFolder);
  const [env, own] = await Promise.all([read(files, '.env'), read(files, file.path)]);
  if (own === undefined && file.mustExist) throw badFile(file.path, 'there is no such file');
  return {
    env: env === undefined ? new Map() : parseEnvFile(env, '.env'),
    own: own === undefined ? new Map() : parseSecretsFile(own, file.path),
  };
}

/** A file of the workflow's folder, or of what is inside of it; undefined when there is none. */
async function read(files: WorkflowFiles, path: string): Promise<Uint8Array | undefined> {
  const info = await files.info(path);
  if (info === undefined) return undefined;
  if (info.kind !== 'file') {
    throw badFile(path, 'this is no file, or a link that leads out of the folder');
  }
  return files.readBytes(path, MAX_FILE_BYTES + 1).catch(() => {
    throw badFile(path, 'the file cannot be read');
  });
}

function missingSecrets(names: readonly string[]): AwpError {
  const [first = ''] = names;
  const message =
    names.length === 1
      ? `the secret ${first} is missing`
      : `${names.length} secrets are missing: ${names.join(', ')}`;
  return new AwpError('secret/missing', message, {
    hint: `set the variable, or keep it for all workflows: awp secrets set ${first}`,
  });
}
