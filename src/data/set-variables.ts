import type { Secrets } from '../ports/effects.ts';
import { mapVariables } from './secret-keys.ts';

/** Options that stand for variables of the environment; each wins over the variable. */
export interface VariableOptions {
  apiKey?: string | undefined;
  python?: string | undefined;
}

/** The environment with what the caller said instead of it; itself when nothing was said. */
export function setVariables(secrets: Secrets, { apiKey, python }: VariableOptions): Secrets {
  if (apiKey === undefined && python === undefined) return secrets;
  const said = new Map([
    ['LLM_API_KEY', apiKey],
    ['AWP_PYTHON', python],
  ]);
  return mapVariables(secrets, (before) => ({
    get: (name) => said.get(name) ?? before.get(name),
  }));
}
