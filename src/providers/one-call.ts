import type { ModelRequest } from '../ports/model-provider.ts';
import { withOptions } from './thinking.ts';
import type { CallOptions } from './wire.ts';

/** How services are told to ask for one tool call at a time, by the names of the SDK's options. */
const ONE_CALL = {
  openai: { parallelToolCalls: false },
  azure: { parallelToolCalls: false },
  anthropic: { disableParallelToolUse: true },
};

/** The wish for one tool call at a time; services whose options are not among these are not told. */
export function oneCallOptions({
  tools,
  toolChoice,
  parallelCalls,
}: Pick<ModelRequest, 'tools' | 'toolChoice' | 'parallelCalls'>): NonNullable<
  CallOptions['providerOptions']
> {
  const mayCall = tools.length > 0 && toolChoice !== 'none';
  return parallelCalls === false && mayCall ? ONE_CALL : {};
}

/** The same wish in the words of chat completions, for a service that goes by this name. */
export function oneCallOfChat(name: string, options: CallOptions): CallOptions {
  const isWished = options.providerOptions?.openai?.parallelToolCalls === false;
  return isWished ? withOptions(options, { [name]: { parallel_tool_calls: false } }) : options;
}
