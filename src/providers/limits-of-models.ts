import { ModelError, NO_USAGE } from '../ports/model-provider.ts';
import { modelsOf } from './capabilities.ts';

/** One model of one service, for messages. */
export interface NamedModel {
  service: string;
  /** The service's own name of the model. */
  model: string;
}

/** No tokenizer packs more UTF-8 bytes of a long text into one token on average. */
const MOST_BYTES_PER_TOKEN = 8;

/** Whether a text of so many bytes has more tokens than that, whatever counts them. */
export function surelyMoreThan(tokens: number, bytes: number): boolean {
  return bytes > tokens * MOST_BYTES_PER_TOKEN;
}

/** The error that a prompt does not fit; nothing was sent, or the service refused it unread. */
export function tooLong({ service, model }: NamedModel, window?: number, said = ''): ModelError {
  const size = window === undefined ? 'its window' : `its window of ${figure(window)} tokens`;
  return new ModelError(
    'model/too-long',
    `the prompt is too long for ${model} of ${service}: it does not fit ${size}${said && ` (${said})`}`,
    {
      hint: `${service === 'ollama' ? 'raise OLLAMA_NUM_CTX if the model has more, ' : ''}take a model with a larger window, give it smaller inputs, or ask workers to pass results on as files`,
      usage: NO_USAGE,
    },
  );
}

/** The error that a model was given tools and can call none; says which can. */
export function noTools({ service, model }: NamedModel, said = ''): ModelError {
  return new ModelError(
    'model/no-tools',
    `the model ${model} of ${service} cannot call tools${said && ` (${said})`}`,
    {
      hint: `take one that can${ableOf(service)}, or let workers have none (forbiddenTools: ['*.*'])`,
      usage: NO_USAGE,
    },
  );
}

/** A model as an example; nothing when none of the service is known. */
function ableOf(service: string): string {
  const able = modelsOf(service).find(({ capabilities }) => capabilities.tools);
  const name = able?.names[0] ?? (service === 'ollama' ? 'qwen3' : undefined);
  return name === undefined ? '' : `, such as ${service}/${name}`;
}

function figure(count: number): string {
  return count.toLocaleString('en');
}
