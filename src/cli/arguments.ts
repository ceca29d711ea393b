import { parseArgs } from 'node:util';
import { AwpError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { type Arguments, type Command, type Option, optionsOf } from './command.ts';

/**
 * Checks what the user typed against a command's options. Throws `usage/bad-option`,
 * `usage/missing-value`, `usage/bad-argument`, each with the nearest match where there is one.
 */
export function parseArguments(argv: readonly string[], command: Command): Arguments {
  const options = new Map(optionsOf(command).map((option) => [option.name, option]));
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokensOf(argv, options)) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.get(token.name);
    if (!option) throw unknownOption(token.rawName, command);
    const given = values.get(option.name) ?? [];
    if (given.length > 0 && option.value !== undefined && !option.repeat) {
      throw new AwpError('usage/bad-option', `--${option.name} was given twice`, {
        hint: `keep one; awp ${command.name} --help lists the options`,
      });
    }
    values.set(option.name, [...given, givenValue(token, option)]);
  }
  const surplus = positionals[command.maxPositionals];
  if (surplus !== undefined) throw surplusArgument(surplus, command);
  return {
    positionals,
    has: (name) => values.has(name),
    text: (name) => values.get(name)?.at(-1),
    all: (name) => values.get(name) ?? [],
  };
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

function tokensOf(argv: readonly string[], options: ReadonlyMap<string, Option>): Token[] {
  const config = Object.fromEntries(
    [...options.values()].map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short !== undefined && { short }),
      },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens;
}

function givenValue(token: Extract<Token, { kind: 'option' }>, option: Option): string {
  const { rawName, value, inlineValue } = token;
  if (option.value === undefined) {
    if (value === undefined) return '';
    throw new AwpError('usage/bad-option', `${rawName} is a switch and takes no value`, {
      hint: `write only ${rawName}`,
    });
  }
  if (value === undefined) throw missingValue(rawName, option);
  // `-t --json`: the value was forgotten. `-` alone is standard input, `-5` a number.
  if (!inlineValue && /^-[^\d]/.test(value)) throw missingValue(rawName, option, value);
  return value;
}

function missingValue(rawName: string, option: Option, next?: string): AwpError {
  const means =
    next === undefined ? '' : `; if the value is really "${next}": --${option.name}=${next}`;
  return new AwpError('usage/missing-value', `${rawName} needs a value`, {
    hint: `write ${rawName} ${option.value}${means}`,
  });
}

function unknownOption(rawName: string, command: Command): AwpError {
  const names = optionsOf(command).map(({ name }) => name);
  const match = nearest(rawName.replace(/^-+/, ''), names);
  return new AwpError('usage/bad-option', `awp ${command.name} has no option ${rawName}`, {
    hint:
      match === undefined
        ? `awp ${command.name} --help-all lists the options`
        : `did you mean --${match}?`,
  });
}

function surplusArgument(surplus: string, command: Command): AwpError {
  return new AwpError('usage/bad-argument', `unexpected argument "${surplus}"`, {
    hint: `usage: awp ${command.name} ${command.usage} (put quotes around text with spaces)`,
  });
}
