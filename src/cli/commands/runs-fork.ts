import { resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import type { ForkOptions } from '../../data/fork-run.ts';
import { emptyState, fold } from '../../events/reduce.ts';
import type { RunState } from '../../events/state.ts';
import { budgetFlags } from '../budget-flags.ts';
import type { Arguments, Command, Option } from '../command.ts';
import { counted } from '../diagnostics/summary.ts';
import type { RunHandle } from '../engine.ts';
import { homeOption, withHome } from '../open-home.ts';
import { PROGRESS_MODES } from '../progress/choose.ts';
import { formatTokens } from '../progress/figures.ts';
import { pythonOption } from '../sandbox-flags.ts';
import type { Shell } from '../shell.ts';
import { theRun } from '../the-run.ts';
import { mcpFlag, personAt, trustFlag } from '../tool-flags.ts';
import { parseChoice } from '../values.ts';
import { watchRun } from '../watch-run.ts';
import { RUN_OPTIONS } from './run-options.ts';

/** Options that mean the same as those of `awp run`. */
const SHARED = new Set([
  ...['model', 'manager-model', 'worker-model', 'mcp', 'trust', 'out', 'json', 'progress'],
  ...['trace-models', 'run-id', 'python'],
]);

const OPTIONS: readonly Option[] = [
  {
    name: 'from',
    value: 'POINT',
    group: 'FORK',
    help: 'before a turn or worker, after an event: loop=2, worker=2.1, seq=9',
  },
  {
    name: 'instructions',
    value: 'TEXT',
    group: 'FORK',
    help: 'what the worker is told instead; @FILE reads a file',
  },
  {
    name: 'edit',
    value: 'FILE',
    group: 'FORK',
    help: 'JSON with parts of its order: instructions, tools_allowed, ...',
  },
  ...RUN_OPTIONS.filter(({ name }) => SHARED.has(name) || name.startsWith('budget.')),
];

/** `awp runs fork RUN --from POINT`: a new run from a part of another one. */
export const runsForkCommand: Command = {
  name: 'runs fork',
  summary: 'Start a new run from a turn, worker or event of another one',
  usage: 'RUN --from POINT [options]',
  examples: [
    'awp runs fork r-7f3a --from loop=2 -m ollama/qwen3',
    'awp runs fork r-7f3a --from worker=2.1 --instructions "Use the median"',
    'awp runs fork r-7f3a --from seq=118 --budget.tokens 800k',
  ],
  options: OPTIONS,
  maxPositionals: 1,

  async run(args, shell) {
    const id = theRun(args, 'runs fork');
    const how = await forkOptions(args, shell);
    const person = personAt(shell, args);
    const watch = {
      ...{ person, json: args.has('json'), noColor: args.has('no-color') },
      progress: parseChoice('progress', args.text('progress') ?? 'auto', PROGRESS_MODES),
      ...{ debug: args.has('debug'), home: args.text('home') },
    };
    const engine = await shell.engine();
    return withHome(shell, args, async ({ store }) => {
      const { run } = await store.find(id);
      const handle = engine.fork(run, {
        ...how,
        ...trustFlag(args, person),
        ...(person && { onApproval: () => 'ask' as const }),
      });
      const kept = await keptOf(handle, run);
      shell.err.write(`${keptText(kept, run)}\n`);
      return watchRun(handle, shell, { ...watch, after: kept.seq - 1 });
    });
  },
};

async function forkOptions(args: Arguments, shell: Shell): Promise<ForkOptions> {
  const envelope = await envelopeOf(args, shell);
  const out = args.text('out');
  const texts = [
    ...([
      ['model', 'model'],
      ['managerModel', 'manager-model'],
    ] as const),
    ...([
      ['workerModel', 'worker-model'],
      ['runId', 'run-id'],
    ] as const),
  ].flatMap(([option, flag]) => {
    const text = args.text(flag);
    return text === undefined ? [] : [[option, text]];
  });
  const budget = budgetFlags(args);
  return {
    from: pointOf(args.text('from')),
    ...(envelope && { envelope }),
    ...Object.fromEntries(texts),
    ...(Object.keys(budget).length > 0 && { budget }),
    ...homeOption(args, shell),
    ...pythonOption(args, shell),
    ...(await mcpFlag(args, shell)),
    ...(out !== undefined && { outputDir: resolve(shell.cwd, out) }),
    ...(args.has('trace-models') && { traceModels: true }),
  };
}

/** `loop=2`, `seq=118`, `worker=2.1`. Throws `usage/missing-option`, `usage/bad-value`. */
function pointOf(text: string | undefined): ForkOptions['from'] {
  const hint = 'write --from loop=2, --from worker=2.1 or --from seq=118';
  if (text === undefined) {
    throw new AwpError('usage/missing-option', 'runs fork needs the point to begin at', { hint });
  }
  const [, name = '', value = ''] = /^(\w+)=(.+)$/s.exec(text.trim()) ?? [];
  switch (name) {
    case 'loop':
    case 'seq': {
      if (!/^0*[1-9]\d{0,14}$/.test(value)) throw noPoint(text, hint);
      return name === 'loop' ? { loop: Number(value) } : { seq: Number(value) };
    }
    case 'worker':
      return { worker: value };
    default:
      throw noPoint(text, hint);
  }
}

function noPoint(text: string, hint: string): AwpError {
  return new AwpError('usage/bad-value', `--from ${text} is no point of a run`, { hint });
}

async function envelopeOf(args: Arguments, shell: Shell): Promise<ForkOptions['envelope']> {
  const [edit, text] = [args.text('edit'), args.text('instructions')];
  if (edit === undefined && text === undefined) return undefined;
  const changes = edit === undefined ? {} : await edited(edit, shell);
  if (text === undefined) return changes;
  const instructions = text.startsWith('@') ? await fileText(text.slice(1), shell) : text;
  return { ...changes, instructions };
}

/** A file with a JSON object, or the object itself. What may stand in it is checked by the fork. */
async function edited(value: string, shell: Shell): Promise<JsonObject> {
  const isText = value.trimStart().startsWith('{');
  const parsed = parseJson(isText ? value : await fileText(value.replace(/^@/, ''), shell));
  if (isObject(parsed)) return parsed;
  const what = parsed === undefined ? 'no JSON' : 'no JSON object';
  throw new AwpError('usage/bad-value', `what --edit names is ${what}`, {
    hint: 'such a file has {"instructions": "...", "tools_allowed": ["data.*"]}',
  });
}

async function fileText(name: string, shell: Shell): Promise<string> {
  const { files } = await shell.effects();
  try {
    return await files.readText(resolve(shell.cwd, name));
  } catch (cause) {
    throw new AwpError('usage/bad-value', `the file ${name} cannot be read`, {
      cause,
      hint: 'check the path',
    });
  }
}

/** The state of the fork where it begins. */
async function keptOf(handle: RunHandle, from: string): Promise<RunState> {
  await handle.ready;
  const state = emptyState(handle.id);
  for await (const event of handle.events(1)) {
    fold(state, event);
    if (event.type === 'run.forked' && event.data.from === from) break;
  }
  return state;
}

/** What is not done again, and counts. */
function keptText({ run, forked, ledger }: RunState, from: string): string {
  const { loops, workers, tokens } = ledger.used;
  const used = `${counted(loops, 'turn')}, ${counted(workers, 'worker')} and ${formatTokens(tokens)} tokens`;
  return `${run} is forked from ${from} after event ${forked?.seq}: ${used} are kept and count; what follows runs again and costs`;
}
