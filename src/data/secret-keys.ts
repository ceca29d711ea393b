import { isSecretVariable } from '../effects/secrets.ts';
import type { Effects, Secrets } from '../ports/effects.ts';
import { storedSecret } from './secret-store.ts';

/** Variables that know what they are without the user's store. */
interface WithStore extends Secrets {
  environment: Secrets;
}

/**
 * Doors whose variables that are secrets by their name (such as OPENROUTER_API_KEY) also come from
 * the user's store; the environment wins. The store is read at each look-up that the environment
 * does not answer, which then throws `secret/not-private`, `secret/unreadable`, `secret/damaged`.
 */
export function withStoredKeys(effects: Effects): Effects {
  const environment = effects.secrets;
  const secrets: WithStore = {
    environment,
    get: (name) =>
      environment.get(name) ?? (isSecretVariable(name) ? storedSecret(name, effects) : undefined),
  };
  return { ...effects, secrets };
}

/** The variables without what the user's store adds to them. */
export function environmentOf(secrets: Secrets): Secrets {
  return hasStore(secrets) ? secrets.environment : secrets;
}

/** Other variables, made of those without and those with the user's store. */
export function mapVariables(secrets: Secrets, change: (secrets: Secrets) => Secrets): Secrets {
  if (!hasStore(secrets)) return change(secrets);
  const changed: WithStore = { ...change(secrets), environment: change(secrets.environment) };
  return changed;
}

function hasStore(secrets: Secrets): secrets is WithStore {
  return 'environment' in secrets;
}
