import { type Command, type Option, optionsOf } from './command.ts';
import { pad } from './text.ts';

/** Columns of the part with an option's name and value. */
const NAME_COLUMNS = 24;
/** Columns of a group's heading. */
const GROUP_COLUMNS = 8;

/** Help of a command: examples first, its everyday options; `all` lists every option. */
export function commandHelp(command: Command, all: boolean): string {
  const shown = optionsOf(command).filter(({ rare }) => all || !rare);
  const options = all ? shown.map(helpLine) : everydayLines(shown);
  const lines = [
    `awp ${command.name} - ${command.summary}`,
    '',
    'USAGE',
    `  awp ${command.name} ${command.usage}`.trimEnd(),
    '',
    'EXAMPLES',
    ...command.examples.map((example) => `  ${example}`),
    '',
    ...grouped(options),
  ];
  if (!all) lines.push(`More: awp ${command.name} --help-all`);
  return `${lines.join('\n')}\n`;
}

/** Help of the program: its commands. */
export function programHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const lines = [
    `awp ${version} - run workflows of agents, from a task or from YAML`,
    '',
    'TRY',
    '  awp demo                    a whole run without a key, a model or a network',
    '  awp run -t "Find the peak month" -i sales.csv -m ollama/qwen3',
    '',
    'COMMANDS',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    '',
    'awp COMMAND --help tells more; awp --version says the version.',
  ];
  return `${lines.join('\n')}\n`;
}

interface HelpLine {
  group: string;
  name: string;
  help: string;
}

function helpLine({ group, name, short, value, help }: Option): HelpLine {
  const letter = short === undefined ? '    ' : `-${short}, `;
  return { group, name: `${letter}--${name}${value === undefined ? '' : ` ${value}`}`, help };
}

/** One line for each option, and one for each family of options. */
function everydayLines(options: readonly Option[]): HelpLine[] {
  const seen = new Set<string>();
  return options.flatMap((option) => {
    const { family, group } = option;
    if (!family) return [helpLine(option)];
    if (seen.has(family.name)) return [];
    seen.add(family.name);
    return [{ group, name: `    --${family.name}`, help: family.help }];
  });
}

function grouped(lines: readonly HelpLine[]): string[] {
  const groups = [...new Set(lines.map(({ group }) => group))];
  return groups.flatMap((group) =>
    lines
      .filter((line) => line.group === group)
      .map(({ name, help }, index) => {
        const heading = (index === 0 ? group : '').padEnd(GROUP_COLUMNS);
        return `${heading}${pad(name, NAME_COLUMNS)} ${help}`;
      }),
  );
}
