import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import { writeError } from '../../base/write-error.ts';
import type { Effects, Files } from '../../ports/effects.ts';

/** What a person says to a request. */
export interface ApprovalAnswer {
  decision: 'approved' | 'rejected';
  /** Where the answer came from: `terminal`, `cli`, `api`, `studio`. */
  by: string;
  /** Arguments in the place of those that were asked for. */
  args?: JsonObject;
  reason?: string;
  /** SHA-256 of the arguments that the person saw; another request is not answered by it. */
  argsHash?: string;
}

/** A request's number within its run. */
const ID = /^a[1-9][0-9]{0,8}$/;

/** The folder in which answers for a run that another process drives are put. */
export function inboxOf(folder: string): string {
  return `${folder}/answers`;
}

/**
 * Puts an answer where the process that drives the run finds it. The first one wins: false when
 * there is one already. Throws `store/...` when it cannot be written.
 */
export async function putAnswer(
  { files, processes }: Pick<Effects, 'files' | 'processes'>,
  folder: string,
  { id, answer }: { id: string; answer: ApprovalAnswer },
): Promise<boolean> {
  const inbox = inboxOf(folder);
  const draft = `${inbox}/.${id}-${answer.by}-${processes.pid()}`;
  try {
    await files.makeFolder(inbox);
    await files.write(draft, JSON.stringify(answer));
    await files.link(draft, `${inbox}/${id}.json`);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw writeError(error, 'the answer could not be kept');
  } finally {
    await files.remove(draft);
  }
}

/** The answers that were put there, by id; what is no answer is left out. */
export async function readAnswers(
  files: Files,
  folder: string,
): Promise<ReadonlyMap<string, ApprovalAnswer>> {
  const inbox = inboxOf(folder);
  const answers = new Map<string, ApprovalAnswer>();
  for (const name of await files.list(inbox)) {
    const id = name.replace(/\.json$/, '');
    if (!ID.test(id)) continue;
    const answer = readAnswer(await files.readText(`${inbox}/${name}`).catch(() => ''));
    if (answer) answers.set(id, answer);
  }
  return answers;
}

function readAnswer(text: string): ApprovalAnswer | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { decision, by, args, reason, argsHash } = value;
  if (decision !== 'approved' && decision !== 'rejected') return undefined;
  return {
    decision,
    by: typeof by === 'string' ? by : 'cli',
    ...(isObject(args) && { args }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof argsHash === 'string' && { argsHash }),
  };
}
