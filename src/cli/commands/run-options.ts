import type { Option } from '../command.ts';
import { BUDGET_FLAGS } from '../values.ts';

const BUDGET_FAMILY = {
  name: 'budget.NAME N',
  help: 'loops 15, workers 20, tokens 500k, time 5m, tools 100, cost null',
};

/** Options of `awp run`, in the order of its help. */
export const RUN_OPTIONS: readonly Option[] = [
  {
    name: 'task',
    short: 't',
    value: 'TEXT',
    group: 'INPUT',
    help: 'what to do; "-" reads standard input, @FILE a file',
  },
  {
    name: 'input',
    short: 'i',
    value: 'N=V',
    repeat: true,
    group: 'INPUT',
    help: 'FILE, NAME=@FILE or NAME=VALUE; repeatable',
  },
  {
    name: 'model',
    short: 'm',
    value: 'MODEL',
    group: 'MODEL',
    help: 'demo, ollama/..., openrouter/..., openai/...',
  },
  { name: 'manager-model', value: 'M', group: 'MODEL', rare: true, help: 'for the manager' },
  { name: 'worker-model', value: 'M', group: 'MODEL', rare: true, help: 'for the workers' },
  ...BUDGET_FLAGS.map(
    ({ name, value, help }): Option => ({
      name: `budget.${name}`,
      value,
      group: 'LIMITS',
      help: `${help}`,
      family: BUDGET_FAMILY,
    }),
  ),
  {
    name: 'approve',
    value: 'WHAT',
    repeat: true,
    group: 'TOOLS',
    help: 'ask before: tools, network, shell, files; or never',
  },
  {
    name: 'mcp',
    value: 'FILE',
    repeat: true,
    group: 'TOOLS',
    help: 'MCP servers to start; also AWP_MCP_CONFIG',
  },
  {
    name: 'tools',
    value: 'PATTERN',
    repeat: true,
    group: 'TOOLS',
    rare: true,
    help: 'names or patterns of tools for workers, instead of the default ones',
  },
  {
    name: 'skill',
    value: 'PATH',
    repeat: true,
    group: 'TOOLS',
    rare: true,
    help: 'a skill: folder, file or archive; repeatable',
  },
  {
    name: 'trust',
    group: 'TOOLS',
    rare: true,
    help: 'accept new programs of the workflow, and changed MCP servers',
  },
  {
    name: 'resume',
    value: 'ID',
    group: 'RESUME',
    help: 'go on with a run where its log ends',
  },
  {
    name: 'raise',
    value: 'NAME=N',
    repeat: true,
    group: 'RESUME',
    help: 'raise a limit of the resumed run; repeatable',
  },
  { name: 'out', value: 'DIR', group: 'OUTPUT', help: 'copy the artifacts there' },
  { name: 'json', group: 'OUTPUT', help: 'events as JSON lines; the last is run.result' },
  {
    name: 'progress',
    value: 'MODE',
    group: 'OUTPUT',
    rare: true,
    help: 'auto, tty, plain or quiet (auto)',
  },
  { name: 'run-id', value: 'ID', group: 'OTHER', rare: true, help: 'the id of the new run' },
  {
    name: 'sandbox',
    value: 'MODE',
    group: 'OTHER',
    rare: true,
    help: 'auto, bwrap, jail, quickjs, deno, or none: no boundary at all',
  },
  {
    name: 'python',
    value: 'PATH',
    group: 'OTHER',
    rare: true,
    help: 'the Python of programs; else AWP_PYTHON, else the best',
  },
  {
    name: 'allow-host',
    value: 'HOST',
    repeat: true,
    group: 'OTHER',
    rare: true,
    help: 'a host that programs may reach; repeatable',
  },
  {
    name: 'durability',
    value: 'MODE',
    group: 'OTHER',
    rare: true,
    help: 'full, or batched: faster, may redo the last 50 ms',
  },
];
