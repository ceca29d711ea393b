import { resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { BroughtOptions } from '../data/brought.ts';
import type { WorkflowOptions } from '../data/options.ts';
import type { ApproveOption } from '../data/tool-options.ts';
import type { ApprovalPolicy } from '../events/plan.ts';
import { askTrust } from './ask-trust.ts';
import type { Arguments } from './command.ts';
import { Person } from './person.ts';
import type { Shell } from './shell.ts';
import { parseChoice } from './values.ts';

/** What `--approve` takes. */
const APPROVE: readonly ('never' | ApprovalPolicy)[] = [
  ...(['never', 'tools', 'network', 'shell', 'files'] as const),
  ...(['loops', 'submanagers', 'budget'] as const),
];
/** A file of MCP servers that every run has. */
const MCP_VARIABLE = 'AWP_MCP_CONFIG';

/**
 * Who answers questions of a run: the person at the terminal. Undefined where nobody is (a pipe,
 * `CI`), and where questions would mix with `--json` or were not wanted (`--progress quiet`).
 */
export function personAt(shell: Shell, args: Arguments): Person | undefined {
  if (!shell.attended || shell.env('CI') !== undefined) return undefined;
  if (args.has('json') || args.text('progress') === 'quiet') return undefined;
  return new Person(shell, shell.style(shell.err, args.has('no-color')));
}

/**
 * What a person must allow, as `--approve` says it on top of `base`, which is the workflow's; `never`
 * stands alone. Throws `usage/bad-value`, `usage/bad-option`.
 */
export function approveFlag(args: Arguments, base?: ApproveOption): { approve?: ApproveOption } {
  const asked = listOf(args, 'approve').map((text) => parseChoice('approve', text, APPROVE));
  if (asked.length === 0) return {};
  const groups = asked.filter((one) => one !== 'never');
  if (groups.length < asked.length) {
    if (groups.length === 0) return { approve: 'never' };
    throw new AwpError('usage/bad-option', '--approve never goes with no other --approve', {
      hint: 'never refuses what needs a person; leave it out, or leave the others out',
    });
  }
  const before = base === undefined || base === 'never' ? [] : [base].flat();
  return { approve: [...new Set([...before, ...groups])] };
}

/** The tools that `--tools` names in the place of the default ones; those of one's own stay. */
export function toolsFlag(
  args: Arguments,
  base: BroughtOptions['tools'] = [],
): Pick<BroughtOptions, 'tools'> {
  const patterns = listOf(args, 'tools');
  if (patterns.length === 0) return {};
  return { tools: [...base.filter((one) => typeof one !== 'string'), ...patterns] };
}

/** The skills that `--skill` adds; paths begin in the working folder. */
export function skillFlag(
  args: Arguments,
  { cwd }: Shell,
  base: WorkflowOptions['skills'] = [],
): Pick<WorkflowOptions, 'skills'> {
  const paths = args.all('skill').map((path) => resolve(cwd, path));
  return paths.length === 0 ? {} : { skills: [...base, ...paths] };
}

/**
 * The MCP servers of the files that `--mcp` and `AWP_MCP_CONFIG` name; of two with one name that of
 * `--mcp` counts. Throws `mcp/bad-file`, and `usage/bad-option` when two options name one server.
 */
export async function mcpFlag(
  args: Arguments,
  shell: Shell,
  base: BroughtOptions['mcp'] = {},
): Promise<Pick<BroughtOptions, 'mcp'>> {
  const always = shell.env(MCP_VARIABLE);
  const paths = args.all('mcp');
  if (always === undefined && paths.length === 0) return {};
  const [{ readMcpFile }, { files }] = await Promise.all([
    import('../data/mcp-file.ts'),
    shell.effects(),
  ]);
  const read = (path: string) => readMcpFile(resolve(shell.cwd, path), files);
  const named: Record<string, NonNullable<BroughtOptions['mcp']>[string]> = {};
  for (const path of paths) {
    for (const [name, server] of Object.entries(await read(path))) {
      if (Object.hasOwn(named, name)) throw namedTwice(name);
      named[name] = server;
    }
  }
  const usual = always === undefined ? {} : await read(always);
  return { mcp: { ...base, ...usual, ...named } };
}

/** Whether new programs of a workflow and changed lists of MCP servers are accepted. */
export function trustFlag(
  args: Arguments,
  person: Person | undefined,
): Pick<BroughtOptions, 'trust'> {
  if (args.has('trust')) return { trust: true };
  return person ? { trust: askTrust(person) } : {};
}

function namedTwice(name: string): AwpError {
  return new AwpError('usage/bad-option', `two files of --mcp have a server "${name}"`, {
    hint: 'give one of them another name: it stands before the names of its tools',
  });
}

/** The values of an option that is given several times, or once with commas between them. */
function listOf(args: Arguments, name: string): string[] {
  const values = args.all(name).flatMap((text) => text.split(',').map((part) => part.trim()));
  if (!values.includes('')) return values;
  throw new AwpError('usage/bad-value', `--${name} has an empty part`, {
    hint: `write --${name} ONE,TWO, or --${name} several times`,
  });
}
