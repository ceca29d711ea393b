import type { ModelRequest } from '../ports/model-provider.ts';
import type { CallOptions } from './wire.ts';

/** Name under which our own wishes travel through the SDK; no service goes by it. */
const OWN = 'awp';

/** The wish to cache a whole question, for services that have to be told. */
export function cacheOptions({
  goesOn,
}: Pick<ModelRequest, 'goesOn'>): NonNullable<CallOptions['providerOptions']> {
  return goesOn ? { [OWN]: { goesOn } } : {};
}

/** Whether the end of a question is worth a mark: the next one begins with it, or this one with another. */
export function isKept({ prompt, providerOptions }: CallOptions): boolean {
  return providerOptions?.[OWN]?.goesOn === true || prompt.some(({ role }) => role === 'assistant');
}
