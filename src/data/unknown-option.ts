import { AwpError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';

/** The error about an option that there is not, with the one that was probably meant. */
export function unknownOption(name: string, known: readonly string[]): AwpError {
  const near = nearest(name.slice(name.lastIndexOf('.') + 1), known);
  return new AwpError('usage/unknown-option', `there is no option ${name}`, {
    hint: near === undefined ? `known: ${known.join(', ')}` : `did you mean ${near}?`,
  });
}
