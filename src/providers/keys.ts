import type { Secrets } from '../ports/effects.ts';
import { ModelError } from '../ports/model-provider.ts';
import { SERVICES } from './services.ts';

/** How the keys of services begin that say so. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^sk-ant-/, 'anthropic'],
  [/^sk-or-/, 'openrouter'],
  [/^sk-(proj|svcacct)-/, 'openai'],
  [/^gsk_/, 'groq'],
  [/^AIza/, 'google'],
  [/^xai-/, 'xai'],
  [/^pplx-/, 'perplexity'],
];

/** Whose key is wanted, and where it may be. */
export interface WantedKey {
  /** The service, or the host of the user's own endpoint. */
  name: string;
  keyVariables: readonly string[];
  /** Whether it is an error that there is none. */
  required: boolean;
}

/**
 * The key in the first of the variables that is set. Throws `model/no-key`, and `model/auth` for a
 * value that can be no key, or is visibly one of another service: it would be sent to the wrong host.
 */
export function keyFor(
  { name, keyVariables, required }: WantedKey,
  secrets: Secrets,
): { key: string | undefined; keyVariable: string } {
  const set = keyVariables.find((variable) => secrets.get(variable)?.trim());
  const keyVariable = set ?? keyVariables.join(' or ');
  const key = set && secrets.get(set)?.trim();
  if (!key) {
    if (required) throw noKey(name, keyVariable, secrets);
    return { key: undefined, keyVariable };
  }
  if (/[^\x21-\x7e]/.test(key)) {
    throw new ModelError(
      'model/auth',
      `the value of ${keyVariable} has characters that no key has`,
      { hint: 'copy the key again, without quotes, spaces or line ends' },
    );
  }
  const owner = BEGINNINGS.find(([beginning]) => beginning.test(key))?.[1];
  if (owner !== undefined && owner !== sellerOf(name) && SERVICES.has(name)) {
    throw foreignKey({ name, keyVariable, owner });
  }
  return { key, keyVariable };
}

/** Both services of Google take keys of one form. */
function sellerOf(name: string): string {
  return name === 'vertex' ? 'google' : name;
}

function foreignKey({
  name,
  keyVariable,
  owner,
}: Record<'name' | 'keyVariable' | 'owner', string>) {
  const own = SERVICES.get(owner)?.keyVariables[0];
  return new ModelError(
    'model/auth',
    `the value of ${keyVariable} is a key of ${owner}, and was not sent to ${name}`,
    { hint: `put it into ${own} and name a model ${owner}/..., or give ${name} a key of its own` },
  );
}

function noKey(name: string, keyVariable: string, secrets: Secrets): ModelError {
  const onOpenRouter = SERVICES.get(name)?.onOpenRouter && secrets.get('OPENROUTER_API_KEY');
  const detour = onOpenRouter ? `, put openrouter/ before the name` : '';
  return new ModelError('model/no-key', `there is no key for ${name}: ${keyVariable} is not set`, {
    hint: `set ${keyVariable}${detour} (or keep it: awp secrets set ${keyVariable}), use a local model such as ollama/NAME, or try \`-m demo\` (no key needed)`,
  });
}
