import type { Secrets } from '../ports/effects.ts';

/** Variables by name, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter values would blot out ordinary words wherever they are redacted. */
const SHORTEST_SECRET = 8;
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD)$/i;

/** The variables of the environment, read at each call; an empty one counts as absent. */
export function environmentSecrets(env: Environment = process.env): Secrets {
  return { get: (name) => (Object.hasOwn(env, name) ? env[name] || undefined : undefined) };
}

/** Whether a variable is a secret by its name: it ends in KEY, TOKEN, SECRET or PASSWORD. */
export function isSecretVariable(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * Values that must never be written down: those of variables whose name ends in KEY, TOKEN, SECRET
 * or PASSWORD, at least 8 characters long. The longest come first, so that a value which contains
 * another one is replaced as a whole.
 */
export function secretValues(env: Environment = process.env): string[] {
  const values = Object.entries(env)
    .filter(([name]) => isSecretVariable(name))
    .flatMap(([, value]) => (value && value.length >= SHORTEST_SECRET ? [value] : []));
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/**
 * The proxies that requests to models and MCP servers go through: those of HTTP_PROXY and
 * HTTPS_PROXY, but only with AWP_USE_PROXY=1. A variable that is set for other programs would
 * otherwise decide who sees a key in a plain request.
 */
export function wantedProxies(env: Environment = process.env): { proxies?: Environment } {
  if (env.AWP_USE_PROXY !== '1') return {};
  const set = PROXIES.filter((name) => env[name]);
  return { proxies: Object.fromEntries(set.map((name) => [name, env[name]])) };
}
