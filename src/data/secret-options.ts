import { AwpError } from '../base/errors.ts';
import { hostProblem } from '../base/hosts.ts';
import { isSecretName, Secret } from '../base/secret.ts';
import { unknownOption } from './unknown-option.ts';

/** Stands for what a variable holds when the run starts. */
class FromEnv {
  readonly variable: string;

  constructor(variable: string) {
    this.variable = variable;
  }
}

/**
 * A secret whose value is that of a variable of the environment; also of the workflow's files or the
 * user's store, if the environment has none (decision 32).
 */
export function fromEnv(variable: string): FromEnv {
  return new FromEnv(variable);
}

/** A secret with the places that it may go to. */
export interface BoundSecret {
  /** The value; or `env`. */
  value?: string | Secret;
  /** Name of the variable that has the value. */
  env?: string;
  /** Hosts whose requests may carry it: `api.example.com`, `*.example.com`. Default none. */
  hosts?: readonly string[];
  /** Tools that get it, as names or patterns. Default those that declare it. */
  tools?: readonly string[];
  /** Whether a run starts without it. Default false. */
  optional?: boolean;
}

/** The option `secrets`, by the name under which tools and settings speak of a secret. */
export type SecretOptions = Readonly<Record<string, string | Secret | FromEnv | BoundSecret>>;

/** A given secret in one shape. */
export interface GivenSecret {
  /** Empty counts as absent. */
  value: string | undefined;
  variable: string | undefined;
  hosts: readonly string[] | undefined;
  tools: readonly string[] | undefined;
  optional: boolean;
}

const FIELDS = ['value', 'env', 'hosts', 'tools', 'optional'];

/**
 * Brings the option `secrets` into one shape. Throws `usage/bad-option` for names, values and hosts
 * that cannot be, and `usage/unknown-option`; never with a value in the message.
 */
export function readSecretOptions(given: SecretOptions = {}): Map<string, GivenSecret> {
  return new Map(
    Object.entries(given).map(([name, option]) => {
      if (!isSecretName(name)) {
        throw bad(`secrets has the name ${JSON.stringify(name.slice(0, 80))}`, NAMES);
      }
      return [name, readOption(name, option)];
    }),
  );
}

const NAMES = 'name it like a variable: letters, digits and _, no digit first';

function readOption(name: string, option: SecretOptions[string]): GivenSecret {
  const unbound = { hosts: undefined, tools: undefined, optional: false };
  if (typeof option === 'string' || option instanceof Secret) {
    return { ...unbound, value: textOf(option), variable: undefined };
  }
  if (option instanceof FromEnv) return { ...unbound, ...variableOf(name, option.variable) };
  if (typeof option !== 'object' || option === null || Array.isArray(option)) {
    throw bad(
      `secrets.${name} is no secret`,
      "a text, fromEnv('NAME'), or { value, hosts, tools }",
    );
  }
  return readBound(name, option);
}

function readBound(name: string, option: BoundSecret): GivenSecret {
  const strange = Object.keys(option).find((field) => !FIELDS.includes(field));
  if (strange !== undefined) throw unknownOption(`secrets.${name}.${strange}`, FIELDS);
  const { value, env, hosts, tools, optional = false } = option;
  if (value !== undefined && env !== undefined) {
    throw bad(`secrets.${name} has both value and env`, 'give one of the two');
  }
  if (value !== undefined && typeof value !== 'string' && !(value instanceof Secret)) {
    throw bad(`secrets.${name}.value is no text`, 'give a text or a Secret');
  }
  const problem = hosts === undefined ? undefined : grantProblem({ hosts });
  if (problem !== undefined) throw bad(`secrets.${name}.hosts: ${problem}`, HOSTS);
  if (tools !== undefined && !isTexts(tools)) {
    throw bad(`secrets.${name}.tools is no list of names`, "such as ['http.request', 'mcp.*']");
  }
  const from =
    value === undefined
      ? variableOf(name, env ?? name)
      : { value: textOf(value), variable: undefined };
  if (typeof optional !== 'boolean') {
    throw bad(`secrets.${name}.optional is neither true nor false`, 'leave it out, or write true');
  }
  return { ...from, hosts, tools, optional };
}

function variableOf(name: string, variable: string): Pick<GivenSecret, 'value' | 'variable'> {
  if (typeof variable === 'string' && isSecretName(variable)) return { value: undefined, variable };
  throw bad(`secrets.${name} stands for a variable that cannot be`, NAMES);
}

function textOf(value: string | Secret): string | undefined {
  return (typeof value === 'string' ? value : value.reveal()) || undefined;
}

/** What to write in a list of hosts. */
export const HOSTS = 'such as api.example.com or *.example.com';

/**
 * Why a secret cannot be bound to these hosts; undefined when it can. `*` is refused: a secret is
 * never for everybody.
 */
export function grantProblem({ hosts }: { hosts: unknown }): string | undefined {
  if (!isTexts(hosts)) return 'this is no list of hosts';
  for (const host of hosts) {
    const problem = /^\*(?::\d+)?$/.test(host)
      ? `${host} would let it go to every host`
      : hostProblem(host);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
}

function bad(message: string, hint: string): AwpError {
  return new AwpError('usage/bad-option', message, { hint });
}
