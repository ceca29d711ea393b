import { isObject } from '../base/json.ts';
import {
  APPROVALS_SCHEMA,
  approvalLines,
  approvalsOf,
  RUN_SCHEMA,
  runFacts,
  runText,
} from './facts.ts';
import { objectSchema, RUN_ID, type ServerParts, type ServerTool } from './tool.ts';

/** Runs that are looked through for approvals. */
const MOST_RUNS = 50;

/** Tools for calls that a person must allow; answering is left out when the server does not allow it. */
export function approvalTools(parts: ServerParts): ServerTool[] {
  return [listApprovals(parts), ...(parts.settings.answers ? [resolveApproval(parts)] : [])];
}

function listApprovals({ desk }: ServerParts): ServerTool {
  return {
    name: 'list_approvals',
    title: 'List approvals',
    description:
      'Lists calls that wait until a person allows or refuses them, of one run or of all.',
    input: objectSchema({ run: RUN_ID }, []),
    output: {
      type: 'object',
      required: ['approvals'],
      properties: { approvals: APPROVALS_SCHEMA },
    },
    hints: { readOnlyHint: true, openWorldHint: false },
    async run(args) {
      const runs = typeof args.run === 'string' ? [args.run] : await open();
      const seen = await Promise.all(runs.map((run) => desk.look(run)));
      const lines = seen.flatMap(({ state }) => approvalLines(state));
      return {
        structured: { approvals: seen.flatMap(({ state }) => approvalsOf(state)) },
        text: lines.length === 0 ? 'Nothing waits for a decision.' : lines.join('\n'),
      };
    },
  };

  async function open(): Promise<string[]> {
    const statuses = ['running', 'waiting'] as const;
    const lists = statuses.map((status) => desk.list({ status, limit: MOST_RUNS }));
    return (await Promise.all(lists)).flat().map(({ run }) => run);
  }
}

function resolveApproval({ desk }: ServerParts): ServerTool {
  return {
    name: 'resolve_approval',
    title: 'Answer an approval',
    description:
      'Allows or refuses one call of a run. Ask your user first: the decision is that of a person. The first answer counts.',
    input: objectSchema(
      {
        run: RUN_ID,
        id: {
          type: 'string',
          minLength: 1,
          maxLength: 100,
          description: 'as list_approvals names it',
        },
        decision: { type: 'string', enum: ['approve', 'reject'] },
        args: {
          type: 'object',
          description:
            'arguments in the place of those asked for; for a node of a graph { output } or { input }',
        },
        args_hash: {
          type: 'string',
          maxLength: 100,
          description: 'of the arguments that were looked at; others are then not allowed',
        },
        reason: { type: 'string', maxLength: 2000, description: 'what the agent is told' },
      },
      ['run', 'id', 'decision'],
    ),
    output: RUN_SCHEMA,
    hints: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    async run(args) {
      const seen = await desk.answer(String(args.run), String(args.id), {
        decision: args.decision === 'approve' ? 'approve' : 'reject',
        ...(isObject(args.args) && { args: args.args }),
        ...(typeof args.reason === 'string' && { reason: args.reason }),
        ...(typeof args.args_hash === 'string' && { argsHash: args.args_hash }),
      });
      return { structured: runFacts(seen), text: runText(seen) };
    },
  };
}
