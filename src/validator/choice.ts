import type { Finding } from '../base/diagnostic.ts';
import { choiceHelp } from '../base/nearest.ts';
import type { YamlNode } from '../base/yaml-node.ts';

/** What is wrong with a value that must be one of some words; `wrong` goes on after the value. */
export function choiceProblem(
  at: YamlNode,
  values: readonly string[],
  wrong: string,
): Finding | undefined {
  const value = at.kind === 'scalar' ? String(at.value) : 'this';
  if (values.includes(value)) return undefined;
  return { at, message: `\`${value}\` ${wrong}`, help: choiceHelp(value, values) };
}
