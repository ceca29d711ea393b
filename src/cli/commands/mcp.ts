import { resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import { criticInstead } from '../../data/critic-model.ts';
import type { WorkflowOptions } from '../../data/options.ts';
import type { ListenOptions } from '../../mcp-server/index.ts';
import { budgetFlags } from '../budget-flags.ts';
import type { Arguments, Command, Option } from '../command.ts';
import { EXIT } from '../failure.ts';
import { homeOption } from '../open-home.ts';
import { pythonOption, sandboxFlags } from '../sandbox-flags.ts';
import type { Shell } from '../shell.ts';
import { stopOnce } from '../stop-once.ts';
import { oneLine } from '../text.ts';
import { approveFlag } from '../tool-flags.ts';
import { BUDGET_FLAGS, parseCount } from '../values.ts';

const HOST = '127.0.0.1';
const PORT = 4917;
const MAX_RUNS = 8;

const BUDGET_FAMILY = {
  name: 'budget.NAME N',
  help: 'limits of every run; clients may only lower them',
};

const OPTIONS: readonly Option[] = [
  { name: 'http', group: 'SERVE', help: 'over HTTP instead of standard input and output' },
  { name: 'host', value: 'HOST', group: 'SERVE', help: `address to listen at (${HOST})` },
  { name: 'port', value: 'N', group: 'SERVE', help: `port to listen at, 0 for any (${PORT})` },
  {
    name: 'allow-remote',
    group: 'SERVE',
    rare: true,
    help: 'let --host be an address that other machines reach',
  },
  {
    name: 'no-approvals',
    group: 'SERVE',
    help: 'clients see approvals and cannot answer them',
  },
  { name: 'max-runs', value: 'N', group: 'SERVE', rare: true, help: `runs at once (${MAX_RUNS})` },
  { name: 'model', short: 'm', value: 'MODEL', group: 'RUNS', help: 'model of the runs' },
  ...BUDGET_FLAGS.map(
    ({ name, value, help }): Option => ({
      name: `budget.${name}`,
      value,
      group: 'RUNS',
      help,
      family: BUDGET_FAMILY,
    }),
  ),
  {
    name: 'approve',
    value: 'WHAT',
    repeat: true,
    group: 'RUNS',
    help: 'what a person must allow: tools, network, shell, files; or never',
  },
  {
    name: 'trust',
    group: 'RUNS',
    help: 'accept new contents of the own tools of workflows',
  },
  {
    name: 'sandbox',
    value: 'MODE',
    group: 'RUNS',
    rare: true,
    help: 'auto, bwrap, jail, quickjs, deno, or none: no boundary at all',
  },
  {
    name: 'python',
    value: 'PATH',
    group: 'RUNS',
    rare: true,
    help: 'the Python of programs; else AWP_PYTHON, else the best',
  },
  {
    name: 'allow-host',
    value: 'HOST',
    repeat: true,
    group: 'RUNS',
    rare: true,
    help: 'a host that programs may reach; repeatable',
  },
];

/** `awp mcp`: runs and workflows for coding agents, as a server of the Model Context Protocol. */
export const mcpCommand: Command = {
  name: 'mcp',
  summary: 'Serve workflows and tasks to coding agents (Model Context Protocol)',
  usage: '[DIR...] [options]',
  examples: ['awp mcp ./workflows -m ollama/qwen3', 'awp mcp --http --port 0 --budget.tokens 200k'],
  options: OPTIONS,
  maxPositionals: Number.POSITIVE_INFINITY,

  async run(args, shell) {
    const listen = listenOptions(args);
    const folders = args.positionals.length > 0 ? args.positionals : ['.'];
    const maxRuns = args.text('max-runs');
    const { serveMcp } = await import('../../mcp-server/index.ts');
    const settings = {
      folders: folders.map((folder) => resolve(shell.cwd, folder)),
      cwd: shell.cwd,
      version: shell.version,
      effects: await shell.effects(),
      ...homeOption(args, shell),
      runOptions: (base: Partial<WorkflowOptions>) => ownOptions(args, shell, base),
      limits: budgetFlags(args),
      maxRuns: maxRuns === undefined ? MAX_RUNS : parseCount('max-runs', maxRuns),
      answers: !args.has('no-approvals'),
      // Standard output belongs to the protocol.
      note: (text: string) => shell.err.write(`awp mcp: ${oneLine(text)}\n`),
    };
    // What is wrong with an option is told now, not to the first client.
    settings.runOptions({});
    const stops = stopOnce(shell);
    try {
      await serveMcp(settings, { listen, signal: stops.signal });
      return stops.status() === EXIT.terminated ? EXIT.terminated : EXIT.complete;
    } finally {
      stops.forget();
    }
  },
};

function listenOptions(args: Arguments): ListenOptions | undefined {
  if (args.has('http')) {
    return {
      host: args.text('host') ?? HOST,
      port: portOf(args.text('port')),
      allowRemote: args.has('allow-remote'),
    };
  }
  const surplus = ['host', 'port', 'allow-remote'].find((name) => args.has(name));
  if (surplus === undefined) return undefined;
  throw new AwpError('usage/bad-option', `--${surplus} only goes with --http`, {
    hint: 'add --http; without it one client is served over standard input and output',
  });
}

function portOf(text: string | undefined): number {
  if (text === undefined) return PORT;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new AwpError('usage/bad-value', `--port ${text} is no port from 0 to 65535`, {
    hint: `write --port ${PORT}, or --port 0 for any that is free`,
  });
}

/** What the command line sets for every run; `-m` replaces the models that a workflow names. */
function ownOptions(
  args: Arguments,
  shell: Shell,
  base: Partial<WorkflowOptions>,
): Partial<WorkflowOptions> {
  const model = args.text('model');
  return {
    ...(model !== undefined && { model, managerModel: model, workerModel: model }),
    ...criticInstead(base.policy, model),
    ...approveFlag(args, base.approve),
    ...(args.has('trust') && { trust: true }),
    ...sandboxFlags(args, base.sandbox),
    ...pythonOption(args, shell),
  };
}
