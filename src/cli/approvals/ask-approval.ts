import type { JsonObject } from '../../base/json.ts';
import type { Approval } from '../../events/state.ts';
import type { Person } from '../person.ts';
import type { LineAnswer, Shell } from '../shell.ts';
import { argsText, requestLine } from './approval-text.ts';
import { type Edited, editArgs } from './edit-args.ts';

/** What a person said to a request; `similar` allows further calls of this tool as well. */
export type Verdict =
  | { decision: 'approve'; args?: JsonObject; similar: boolean }
  | { decision: 'reject'; reason?: string }
  | Exclude<LineAnswer, object>;

/** Who is asked, and where. */
export interface Asking {
  person: Person;
  shell: Shell;
  /** Withdraws the question. */
  signal: AbortSignal;
}

/** Asks about one call: exactly what is shown is what an answer is given to. */
export async function askApproval(approval: Approval, asking: Asking): Promise<Verdict> {
  const { person, signal } = asking;
  const { paint, symbols } = person.style;
  person.say(paint('warn', `${symbols.warn} waits for you: ${requestLine(approval)}`));
  const request = new Request(approval);
  request.show(person, false);
  for (;;) {
    const answer = await person.line(request.question(), signal);
    if (typeof answer === 'string') return answer;
    const verdict = await heard(answer.text.trim(), request, asking);
    if (verdict !== undefined) return verdict;
  }
}

/** The arguments as they stand after editing. */
class Request {
  readonly #asked: JsonObject;
  #args: JsonObject;
  #draft: string | undefined;
  #cut = false;

  constructor({ args }: Approval) {
    this.#asked = args;
    this.#args = args;
  }

  show(person: Person, all: boolean): void {
    const { text, left } = argsText(this.#args, all);
    person.say(text);
    this.#cut = left !== undefined;
    if (left === undefined) return;
    person.say(person.style.paint('warn', `${person.style.symbols.ellipsis} ${left}; s shows all`));
  }

  question(): string {
    const show = this.#cut ? ' / s(how all)' : '';
    const what = this.#args === this.#asked ? 'Allow this?' : 'Allow it like this?';
    return `${what} y / N / e(dit) / a(ll like this)${show} / ? `;
  }

  approved(similar: boolean): Verdict {
    const edited = this.#args !== this.#asked && { args: this.#args };
    return { decision: 'approve', ...edited, similar };
  }

  async edit({ person, shell, signal }: Asking): Promise<Exclude<Edited, object> | undefined> {
    const text = this.#draft ?? JSON.stringify(this.#args, undefined, 2);
    const edited = await editArgs(text, { shell, person }, signal);
    if (typeof edited === 'string') return edited;
    if ('problem' in edited) {
      this.#draft = edited.draft;
      person.say(`${person.style.paint('bad', edited.problem)}; nothing was changed`);
      return undefined;
    }
    this.#draft = undefined;
    this.#args = edited.args;
    this.show(person, false);
    return undefined;
  }
}

/** What a line means; undefined asks again. */
async function heard(text: string, request: Request, asking: Asking): Promise<Verdict | undefined> {
  const [, word = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
  const exact = rest === '';
  switch (word.toLowerCase()) {
    case 'n':
    case 'no':
    case '':
      return { decision: 'reject', ...(!exact && { reason: rest }) };
    case 'y':
    case 'yes':
      if (exact) return request.approved(false);
      break;
    case 'a':
    case 'all':
      if (exact) return request.approved(true);
      break;
    case 'e':
    case 'edit':
      return request.edit(asking);
    case 's':
    case 'show':
      request.show(asking.person, true);
      return undefined;
  }
  asking.person.say(HELP);
  return undefined;
}

const HELP = [
  'y          allow this call with exactly these arguments',
  'n REASON   refuse it; the agent is told the reason, if you give one. Return alone refuses, too',
  'e          change the arguments first, in $VISUAL or $EDITOR, else as a line of JSON',
  'a          allow it, and all further calls of this tool until this process ends',
  's          show the arguments in full',
  'Ctrl-D     leave it open: the run waits, and can be answered with awp runs approve',
  'Ctrl-C     stop the run; it can be resumed',
].join('\n');
