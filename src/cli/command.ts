import type { Shell } from './shell.ts';

/** One option of a command, without its dashes. */
export interface Option {
  name: string;
  /** One letter. */
  short?: string;
  /** Name of its value in the help; without one it is a switch. */
  value?: string;
  /** Whether it may be given several times. */
  repeat?: boolean;
  help: string;
  /** Heading in the help. */
  group: string;
  /** Only in `--help-all`. */
  rare?: boolean;
  /** Options of one family share one line in the short help. */
  family?: { name: string; help: string };
}

/** What the user typed behind the command's name, checked against its options. */
export interface Arguments {
  positionals: readonly string[];
  /** Whether a switch was given. */
  has(name: string): boolean;
  /** The value of an option, the last one if there are several; undefined when it was not given. */
  text(name: string): string | undefined;
  /** All values of an option, in order. */
  all(name: string): readonly string[];
}

/** A command as a value: its help and its options are made from it; it prints and never exits. */
export interface Command {
  /** One word or two, such as `runs show`. */
  name: string;
  summary: string;
  /** What stands behind the name in the usage line. */
  usage: string;
  examples: readonly string[];
  options: readonly Option[];
  /** Most positional arguments. */
  maxPositionals: number;
  /** Does it and returns the exit status; throws `AwpError`. */
  run(args: Arguments, shell: Shell): Promise<number>;
}

/** Options that every command has. */
export const COMMON_OPTIONS: readonly Option[] = [
  {
    name: 'home',
    value: 'DIR',
    group: 'OTHER',
    help: 'where runs are kept; else AWP_HOME, else the nearest .awp/',
  },
  { name: 'no-color', group: 'OTHER', rare: true, help: 'no colours (also NO_COLOR=1)' },
  { name: 'debug', group: 'OTHER', rare: true, help: 'show stack traces of errors' },
  { name: 'help', short: 'h', group: 'OTHER', rare: true, help: 'show short help' },
  { name: 'help-all', group: 'OTHER', rare: true, help: 'show every option' },
];

/** All options of a command, the common ones last. */
export function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...COMMON_OPTIONS];
}
