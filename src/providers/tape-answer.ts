import { AwpError, type ErrorFamily } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { type ModelAnswer, type ModelChunk, ModelError } from '../ports/model-provider.ts';
import type { TapeCall, TapeFailure } from './tape-format.ts';

/**
 * Gives what a recorded call brought, in its pieces for who watches. Throws the failure that was
 * recorded.
 */
export function* chunksOf(call: TapeCall, stream: boolean): Generator<ModelChunk> {
  if (!call.answer) throw failed(call.failure);
  const answer = answerIn(call.answer);
  if (stream) yield* piecesOf(answer.text, call.pieces);
  yield answer;
}

function* piecesOf(text: string, lengths: readonly number[] = []): Generator<ModelChunk> {
  const whole = lengths.reduce((sum, length) => sum + length, 0) === text.length;
  let from = 0;
  // A text that had a secret in it is not as long as its pieces were.
  for (const length of whole ? lengths : [text.length]) {
    if (length > 0) yield { type: 'text', text: text.slice(from, from + length) };
    from += length;
  }
}

function failed(failure: TapeFailure | undefined): AwpError {
  const { code, message, hint, retryAfterMs, usage } = failure ?? {
    ...{ code: 'model/truncated', message: 'the recording broke off here' },
  };
  const details = {
    ...(hint !== undefined && { hint }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  if (!code.startsWith('model/')) {
    return new AwpError(code as `${ErrorFamily}/${string}`, message, details);
  }
  return new ModelError(code as `model/${string}`, message, { ...details, usage });
}

/** Reading the tape has made sure that the answer is one. */
function answerIn(answer: JsonObject): ModelAnswer {
  return { usage: undefined, ...answer, type: 'end' } as unknown as ModelAnswer;
}
