import type { RunSummary } from '../ports/store.ts';
import { objectSchema, type ServerParts, type ServerTool } from './tool.ts';

const STATUSES = ['running', 'waiting', 'paused', 'complete', 'partial', 'failed', 'cancelled'];
const LIMIT = 20;
const MOST = 200;
const TASK_CHARS = 200;

/** `list_runs`: the runs of this place, newest first. */
export function listRunsTool({ desk }: ServerParts): ServerTool {
  return {
    name: 'list_runs',
    title: 'List runs',
    description:
      'Lists runs, newest first, also those that were started elsewhere on this machine.',
    input: objectSchema(
      {
        status: { type: 'string', enum: STATUSES },
        limit: { type: 'integer', minimum: 1, maximum: MOST, description: `at most (${LIMIT})` },
      },
      [],
    ),
    output: {
      type: 'object',
      required: ['runs'],
      properties: {
        runs: {
          type: 'array',
          items: {
            type: 'object',
            required: ['run', 'status', 'alive', 'task', 'started_at'],
            properties: {
              run: { type: 'string' },
              status: { type: 'string' },
              alive: { type: 'boolean', description: 'whether somebody works on it' },
              name: { type: 'string' },
              task: { type: 'string' },
              model: { type: 'string' },
              started_at: { type: 'string' },
              updated_at: { type: 'string' },
            },
          },
        },
      },
    },
    hints: { readOnlyHint: true, openWorldHint: false },
    async run(args) {
      const limit = typeof args.limit === 'number' ? args.limit : LIMIT;
      const status = STATUSES.find((known) => known === args.status) as RunSummary['status'];
      const found = await desk.list({ limit, ...(status !== undefined && { status }) });
      const runs = found.map((run) => described(run, desk.isAlive(run)));
      const lines = runs.map((run) => `${run.run}  ${run.status}  ${run.started_at}  ${run.task}`);
      return {
        structured: { runs },
        text: lines.length === 0 ? 'There are no such runs.' : lines.join('\n'),
      };
    },
  };
}

function described(
  { run, status, name, task, model, startedAt, updatedAt }: RunSummary,
  alive: boolean,
) {
  return {
    ...{ run, status: status === 'running' && !alive ? 'interrupted' : status, alive, name, model },
    task: task.replace(/\s+/g, ' ').slice(0, TASK_CHARS),
    started_at: new Date(startedAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
  };
}
