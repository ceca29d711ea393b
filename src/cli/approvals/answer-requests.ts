import { resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import { pendingOf } from '../../events/loop-requests.ts';
import type { Approval, RunState } from '../../events/state.ts';
import type { Store } from '../../ports/store.ts';
import type { Arguments } from '../command.ts';
import { loadRun } from '../load-run.ts';
import { withHome } from '../open-home.ts';
import type { Shell } from '../shell.ts';
import { resumeCommand } from '../suggest.ts';
import { block, oneLine } from '../text.ts';
import { theRun } from '../the-run.ts';
import { requestLine } from './approval-text.ts';

/** What is said to requests. */
interface Answer {
  decision: 'approved' | 'rejected';
  args?: JsonObject;
  reason?: string;
}

/**
 * Answers the request that the arguments name, the only one that waits, or with `--all` each. The
 * answer holds only for the arguments that were read and are printed. Throws `approval/unknown`,
 * `approval/answered`, `approval/changed`, `usage/...`, `store/...`.
 */
export async function answerRequests(
  args: Arguments,
  shell: Shell,
  decision: Answer['decision'],
): Promise<number> {
  const command = decision === 'approved' ? 'runs approve' : 'runs reject';
  const prefix = theRun(args, command);
  const answer = await answerOf(args, shell, decision);
  const [effects, { answerApproval }, { machineSecrets }] = await Promise.all([
    shell.effects(),
    import('../../runtime/approvals/answer.ts'),
    import('../../data/secret-store.ts'),
  ]);
  return withHome(shell, args, async ({ store }) => {
    const { run } = await store.find(prefix);
    const state = await loadRun(store, run);
    const asked = chosen(state, args, command);
    const host = { store, effects, secretValues: () => machineSecrets(effects) };
    let how: 'recorded' | 'handed-over' = 'recorded';
    for (const { id, argsHash, tool, args: wanted } of asked) {
      how = await answerApproval(host, { run, id, answer: { ...answer, by: 'cli', argsHash } });
      const shown = block(JSON.stringify(answer.args ?? wanted, undefined, 2));
      shell.out.write(`${decision} ${id}: ${oneLine(tool)}\n${shown}\n`);
    }
    const home = args.text('home');
    shell.err.write(await afterwards({ store, run, how, home }, asked));
    return 0;
  });
}

async function answerOf(
  args: Arguments,
  shell: Shell,
  decision: Answer['decision'],
): Promise<Answer> {
  const edit = args.text('edit');
  const reason = args.text('reason');
  if (args.has('all') && (edit !== undefined || args.positionals.length > 1)) {
    const other = edit === undefined ? 'the id of a request' : '--edit';
    throw new AwpError('usage/bad-option', `--all does not go with ${other}`, {
      hint: 'answer one request at a time: awp runs show RUN lists them',
    });
  }
  return {
    decision,
    ...(edit !== undefined && { args: await editedArgs(edit, shell) }),
    ...(reason !== undefined && { reason }),
  };
}

/** `{"to": "..."}`, or `@FILE` with such a text. Throws `usage/bad-value`. */
async function editedArgs(value: string, shell: Shell): Promise<JsonObject> {
  const text = value.startsWith('@') ? await fileText(value.slice(1), shell) : value;
  const parsed = parseJson(text);
  if (isObject(parsed)) return parsed;
  const what = parsed === undefined ? 'no JSON' : 'no JSON object';
  throw new AwpError('usage/bad-value', `the arguments of --edit are ${what}`, {
    hint: `write --edit '{"to": "somebody@example.com"}', or --edit @FILE`,
  });
}

async function fileText(name: string, shell: Shell): Promise<string> {
  const { files } = await shell.effects();
  try {
    return await files.readText(resolve(shell.cwd, name));
  } catch (cause) {
    throw new AwpError('usage/bad-value', `the file ${name} of --edit cannot be read`, {
      cause,
      hint: 'check the path; the arguments can also stand in its place as JSON',
    });
  }
}

function chosen(state: RunState, args: Arguments, command: string): readonly Approval[] {
  const waiting = pendingOf(state);
  const [, id] = args.positionals;
  if (id !== undefined) return [state.approvals.get(id) ?? unknown(state, id)];
  const [first, ...more] = waiting;
  if (!first) return unknown(state);
  if (more.length === 0 || args.has('all')) return waiting;
  throw new AwpError(
    'usage/missing-argument',
    `${waiting.length} requests of ${state.run} wait: ${waiting.map(requestLine).join('; ')}`,
    { hint: `name one: awp ${command} ${state.run} ${first.id}; or answer each with --all` },
  );
}

function unknown({ run }: RunState, id?: string): never {
  const what = id === undefined ? 'nothing' : `no request ${id}`;
  throw new AwpError('approval/unknown', `${run} has ${what} that waits for an answer`, {
    hint: `awp runs show ${run} lists what waits and what was answered`,
  });
}

interface After {
  store: Store;
  run: string;
  how: 'recorded' | 'handed-over';
  home: string | undefined;
}

/** What the user does next. */
async function afterwards(
  { store, run, how, home }: After,
  answered: readonly Approval[],
): Promise<string> {
  const ids = new Set(answered.map(({ id }) => id));
  const left = pendingOf(await loadRun(store, run)).filter(({ id }) => !ids.has(id));
  const still = left.map((approval) => `still waits: ${requestLine(approval)}\n`).join('');
  if (how === 'handed-over') return `${still}The process that drives the run goes on with it.\n`;
  return `${still}Go on with: ${resumeCommand(run, home)}\n`;
}
