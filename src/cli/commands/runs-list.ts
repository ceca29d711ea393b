import type { RunStatus } from '../../events/state.ts';
import type { RunSummary, Store } from '../../ports/store.ts';
import type { Command } from '../command.ts';
import { drawLine, type Span } from '../line.ts';
import { loadRun } from '../load-run.ts';
import { withHome } from '../open-home.ts';
import { statusMark } from '../progress/tree.ts';
import type { Style } from '../style.ts';
import { cut, oneLine, pad, widthOf } from '../text.ts';
import { parseChoice, parseCount } from '../values.ts';

const STATUSES: readonly RunStatus[] = [
  'running',
  'waiting',
  'paused',
  'complete',
  'partial',
  'failed',
  'cancelled',
];
const DEFAULT_LIMIT = 20;
const DAY_MS = 86_400_000;
/** Widest model name that is shown. */
const MODEL_COLUMNS = 28;
/** Width of a line when the output is not a terminal. */
const PLAIN_COLUMNS = 160;

/** `awp runs list`: the runs of this place, newest first, also those of other processes. */
export const runsListCommand: Command = {
  name: 'runs list',
  summary: 'List runs, newest first',
  usage: '[options]',
  examples: ['awp runs', 'awp runs list --status partial', 'awp runs list --json --limit 100'],
  options: [
    { name: 'status', value: 'STATUS', group: 'SHOW', help: STATUSES.join(', ') },
    { name: 'limit', value: 'N', group: 'SHOW', help: `at most so many (${DEFAULT_LIMIT})` },
    { name: 'json', group: 'OUTPUT', help: 'a JSON array on standard output' },
  ],
  maxPositionals: 0,

  async run(args, shell) {
    const status = args.text('status');
    const limit = args.text('limit');
    const filter = {
      limit: limit === undefined ? DEFAULT_LIMIT : parseCount('limit', limit),
      ...(status !== undefined && { status: parseChoice('status', status, STATUSES) }),
    };
    const { clock } = await shell.effects();
    const runs = await withHome(shell, args, ({ store }) => listed(store, filter, clock.now()));
    if (args.has('json')) {
      shell.out.write(`${JSON.stringify(runs.map(summaryJson), undefined, 2)}\n`);
      return 0;
    }
    if (runs.length === 0) {
      shell.err.write('no runs here; awp demo makes one\n');
      return 0;
    }
    const columns = shell.out.terminal ? shell.out.size().columns : PLAIN_COLUMNS;
    const style = shell.style(shell.out, args.has('no-color'));
    for (const line of runLines(runs, { now: clock.now(), columns, style })) {
      shell.out.write(`${line}\n`);
    }
    return 0;
  },
};

interface Filter {
  status?: RunStatus;
  limit: number;
}

/**
 * Runs with the status that they have for people: one that a process drives and that asks for a
 * person is waiting as well.
 */
async function listed(store: Store, filter: Filter, now: number): Promise<RunSummary[]> {
  const found = await store.list(filter);
  const { status, limit } = filter;
  const more = status === 'waiting' ? await store.list({ ...filter, status: 'running' }) : [];
  const all: RunSummary[] = [];
  for (const run of [...found, ...more]) {
    const asks = isDriven(run, now) && (await loadRun(store, run.run)).pendingApprovals.size > 0;
    all.push(asks ? { ...run, status: 'waiting' } : run);
  }
  const wanted = all.filter((run) => status === undefined || run.status === status);
  // Two lists, each newest first, become one.
  if (more.length > 0) wanted.sort((a, b) => b.startedAt - a.startedAt);
  return wanted.slice(0, limit);
}

function isDriven({ status, owner }: RunSummary, now: number): boolean {
  return status === 'running' && owner !== undefined && owner.until > now;
}

/** Runs as lines of a table: id, status, when, model, task. */
function runLines(
  runs: readonly RunSummary[],
  { now, columns, style }: { now: number; columns: number; style: Style },
): string[] {
  const mark = style.symbols.ellipsis;
  const rows = runs.map((run) => ({
    run,
    status: shownStatus(run, now),
    when: ago(now - run.startedAt, run.startedAt),
    model: cut(`${oneLine(run.model)}${run.simulated ? ' (simulated)' : ''}`, MODEL_COLUMNS, mark),
  }));
  const idColumns = Math.max(...rows.map(({ run }) => widthOf(run.run)));
  const modelColumns = Math.max(...rows.map(({ model }) => widthOf(model)));
  return rows.map(({ run, status, when, model }) => {
    const spans: Span[] = [
      `${pad(run.run, idColumns)}  `,
      [statusMark(run.status, style.symbols, 0)[0], pad(status, 11)],
      ['dim', `  ${pad(when, 10)}  ${pad(model, modelColumns)}  `],
      oneLine(run.name === 'task' ? run.task : `${run.name}: ${run.task}`),
    ];
    return drawLine(spans, columns - 1, style);
  });
}

/** A run that nobody works on any more although it has not ended was interrupted. */
function shownStatus(run: RunSummary, now: number): string {
  return run.status === 'running' && !isDriven(run, now) ? 'interrupted' : run.status;
}

function ago(ms: number, at: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes}m ago`;
  if (ms < DAY_MS) return `${Math.floor(minutes / 60)}h ago`;
  if (ms < 7 * DAY_MS) return `${Math.floor(ms / DAY_MS)}d ago`;
  return new Date(at).toISOString().slice(0, 10);
}

function summaryJson(run: RunSummary): object {
  return {
    run: run.run,
    status: run.status,
    reason: run.reason ?? null,
    name: run.name,
    task: run.task,
    model: run.model,
    simulated: run.simulated,
    started_at: new Date(run.startedAt).toISOString(),
    updated_at: new Date(run.updatedAt).toISOString(),
    seq: run.seq,
    owner: run.owner
      ? { name: run.owner.name, until: new Date(run.owner.until).toISOString() }
      : null,
  };
}
