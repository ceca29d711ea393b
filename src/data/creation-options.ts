import { AwpError } from '../base/errors.ts';
import { hostProblem } from '../base/hosts.ts';
import { isObject } from '../base/json.ts';
import { isSecretName } from '../base/secret.ts';
import { namespaceProblem } from '../base/tool-names.ts';
import type { Capability, PlanCreation, PlanNamespace, ToolMaking } from '../events/creation.ts';
import type { BroughtOptions } from './brought.ts';
import { unknownOption } from './unknown-option.ts';

/** A namespace in which agents may make tools. */
export interface NamespaceOptions {
  /** What stands before the dot of its tools' names: a-z, 0-9 and _, and none of the built-in tools. */
  name: string;
  /** What its tools can do; `compute` is always among it. Default `compute` alone. */
  capabilities?: readonly Capability[];
  /** With `network`: hosts that its tools reach; `['*']` is every public one. Default none. */
  hosts?: readonly string[];
  /** Names of secrets that its tools may ask for; they see tokens, never values. Default none. */
  secrets?: readonly string[];
}

/** How agents may make tools while they run (spec, capabilities 4.1). */
export interface DynamicToolsOptions {
  /** Where; a name alone is one whose tools only compute. Default `['dynamic']`. */
  namespaces?: readonly (string | NamespaceOptions)[];
  /** Most tools of a run, those that were removed included. Default 50. */
  maxTotal?: number;
  /** Most tools of one agent, those that it removed included. Default 10. */
  maxPerAgent?: number;
  /** Whether equal code under the same name is made once. Default true. */
  cache?: boolean;
  /** Whether they are tried before they count, and for how many milliseconds. Default true and 5,000. */
  dryRun?: boolean;
  dryRunMs?: number;
  /** Milliseconds of one call. Default 10,000. */
  timeoutMs?: number;
  /** Whether they are there in later runs. Default false. */
  persist?: boolean;
  /** Whether the log has the source of every draft before it is checked. Default false. */
  codeReview?: boolean;
  /** Whether programs that three workers write in the same shape become proposals. Default false. */
  induction?: boolean;
  /** Times that a model may repair one tool. Default 2. */
  repairs?: number;
}

/** The option `dynamicTools`; false is the same as left out. */
export type DynamicToolsOption = boolean | DynamicToolsOptions;

/** What counts of the options here. */
interface ToolMakingOptions extends Pick<BroughtOptions, 'secrets' | 'workflow'> {
  dynamicTools?: DynamicToolsOption;
}

/** Repairs of one tool when nobody says (spec, capabilities 3: `repair_attempts`). */
const REPAIRS = 2;

const USUAL: Omit<PlanCreation, 'namespaces'> & { repairs: number } = {
  ...{ maxTotal: 50, maxPerAgent: 10, cache: true, dryRun: true, dryRunMs: 5000, callMs: 10_000 },
  ...{ persist: false, codeReview: false, induction: false, repairs: REPAIRS },
};

/** Names of the settings, with what they are in the plan and the least that numbers can be. */
const SETTINGS: Readonly<
  Record<
    Exclude<keyof DynamicToolsOptions, 'namespaces'>,
    { key: keyof typeof USUAL; least?: number; most?: number }
  >
> = {
  maxTotal: { key: 'maxTotal', least: 0 },
  maxPerAgent: { key: 'maxPerAgent', least: 0 },
  cache: { key: 'cache' },
  dryRun: { key: 'dryRun' },
  dryRunMs: { key: 'dryRunMs', least: 1 },
  timeoutMs: { key: 'callMs', least: 1 },
  persist: { key: 'persist' },
  codeReview: { key: 'codeReview' },
  induction: { key: 'induction' },
  repairs: { key: 'repairs', least: 0, most: 10 },
};

/** Tools that a run may make, and what one agent of it may make at most. */
export interface Creating {
  creation: PlanCreation;
  making: ToolMaking;
}

/**
 * What the option `dynamicTools` stands for; undefined: nobody makes tools (decision 19). Throws
 * `usage/bad-option`, `usage/unknown-option`.
 */
export function creationOption(option: DynamicToolsOption | undefined): Creating | undefined {
  if (option === undefined || option === false) return undefined;
  const given = option === true ? {} : option;
  if (!isObject(given)) throw bad('', given, 'true, false, or settings');
  const { namespaces: named = ['dynamic'], ...rest } = given as DynamicToolsOptions;
  const { repairs, ...settings } = settingsOf(rest);
  const namespaces = namespacesOf(named);
  const maxPerAgent = Math.min(settings.maxPerAgent, settings.maxTotal);
  const names = namespaces.map(({ name }) => name);
  return {
    creation: { namespaces, ...settings, maxPerAgent },
    making: { namespaces: names, maxTools: maxPerAgent, repairs },
  };
}

/**
 * Throws as `creationOption`, and `usage/bad-option` for secrets that the run will not have. Those of a
 * workflow folder are the validator's to tell (S21): a run without them refuses the tools that ask for them.
 */
export function checkDynamicTools({
  dynamicTools,
  secrets = {},
  workflow,
}: ToolMakingOptions): void {
  const { namespaces = [] } = creationOption(dynamicTools)?.creation ?? {};
  const missing = namespaces
    .flatMap((one) => one.secrets)
    .find((name) => !Object.hasOwn(secrets, name));
  if (missing === undefined || workflow) return;
  const message = `dynamicTools.namespaces: the run has no secret ${missing}`;
  throw new AwpError('usage/bad-option', message, {
    hint: `give it with its hosts: secrets: { ${missing}: { env: '${missing}', hosts: ['api.example.com'] } }`,
  });
}

function settingsOf(given: Omit<DynamicToolsOptions, 'namespaces'>): typeof USUAL {
  const settings: Record<string, unknown> = { ...USUAL };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const setting = Object.hasOwn(SETTINGS, name)
      ? SETTINGS[name as keyof typeof given]
      : undefined;
    if (!setting)
      throw unknownOption(`dynamicTools.${name}`, ['namespaces', ...Object.keys(SETTINGS)]);
    checkSetting(name, value, setting);
    settings[setting.key] = value;
  }
  return settings as unknown as typeof USUAL; // each has the type of its default
}

function checkSetting(
  name: string,
  value: unknown,
  { least, most = Number.MAX_SAFE_INTEGER }: { least?: number; most?: number },
): void {
  if (least === undefined) {
    if (typeof value === 'boolean') return;
    throw bad(`.${name}`, value, 'true or false');
  }
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return;
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`;
  throw bad(`.${name}`, value, `a whole number of at least ${least}${upTo}`);
}

function namespacesOf(named: unknown): PlanNamespace[] {
  if (!Array.isArray(named) || named.length === 0) {
    throw bad(
      '.namespaces',
      named,
      'a list of names, or of { name, capabilities, hosts, secrets }',
    );
  }
  const found = named.map((one: unknown, index) => namespaceOf(one, `.namespaces[${index}]`));
  const twice = found.find(
    ({ name }, index) => found.findIndex((one) => one.name === name) < index,
  );
  if (twice) throw bad('.namespaces', twice.name, 'a list in which each namespace stands once');
  return found;
}

const FIELDS = ['name', 'capabilities', 'hosts', 'secrets'];
const CAPABILITIES: readonly Capability[] = ['compute', 'network', 'filesystem'];

function namespaceOf(given: unknown, place: string): PlanNamespace {
  const settings = typeof given === 'string' ? { name: given } : given;
  if (!isObject(settings)) throw bad(place, given, 'a name, or settings with a name');
  const unknown = Object.keys(settings).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) throw unknownOption(`dynamicTools${place}.${unknown}`, FIELDS);
  const { name } = settings;
  const problem = typeof name === 'string' ? namespaceProblem(name) : 'it has no name';
  if (typeof name !== 'string' || problem !== undefined)
    throw wrong(`${place}.name`, name, `${problem}`);
  const list = (key: 'capabilities' | 'hosts' | 'secrets', check: ListCheck): string[] =>
    listOf(settings[key], { place: `${place}.${key}`, check });
  const capabilities = list('capabilities', (one) =>
    CAPABILITIES.some((known) => known === one) ? undefined : `it is ${CAPABILITIES.join(', ')}`,
  );
  const hosts = list('hosts', hostProblem);
  if (hosts.length > 0 && !capabilities.includes('network')) {
    const hint = "hosts are for namespaces with capabilities: ['network']";
    throw wrong(`${place}.hosts`, settings.hosts, hint);
  }
  return {
    name,
    capabilities: CAPABILITIES.filter((one) => one === 'compute' || capabilities.includes(one)),
    hosts,
    secrets: list('secrets', (one) =>
      isSecretName(one) ? undefined : 'it is no name of a secret',
    ),
  };
}

/** What is wrong with an entry; undefined when nothing is. */
type ListCheck = (entry: string) => string | undefined;

function listOf(given: unknown, { place, check }: { place: string; check: ListCheck }): string[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw bad(place, given, 'a list of texts');
  return given.map((entry: unknown) => {
    const problem = typeof entry === 'string' ? check(entry) : 'it is no text';
    if (typeof entry !== 'string' || problem !== undefined) throw wrong(place, entry, `${problem}`);
    return entry;
  });
}

function bad(place: string, value: unknown, wanted: string): AwpError {
  return wrong(place, value, `it is ${wanted}`);
}

function wrong(place: string, value: unknown, hint: string): AwpError {
  // Numbers that JSON has no word for keep their name.
  const shown =
    typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  const brief = shown.length > 100 ? `${shown.slice(0, 100)}...` : shown;
  return new AwpError('usage/bad-option', `dynamicTools${place} cannot be ${brief}`, { hint });
}
