import type { JsonObject } from '../../base/json.ts';
import { nodeRequest } from '../../events/node-requests.ts';
import type { Approval } from '../../events/state.ts';
import type { Person } from '../person.ts';
import { argsText, requestLine } from './approval-text.ts';
import { askInput } from './ask-input.ts';
import { type Edited, editArgs } from './edit-args.ts';
import { helpFor, type RequestWords, wordsFor } from './request-words.ts';
import type { Asking, Verdict } from './verdict.ts';

/** Asks about one request: exactly what is shown is what an answer is given to. */
export async function askApproval(approval: Approval, asking: Asking): Promise<Verdict> {
  if (nodeRequest(approval)?.about === 'input') return askInput(approval, asking);
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
  readonly words: RequestWords;
  readonly #asked: JsonObject;
  #args: JsonObject;
  #draft: string | undefined;
  #cut = false;

  constructor(approval: Approval) {
    this.words = wordsFor(approval);
    this.#asked = approval.args;
    this.#args = approval.args;
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
    const { ask, again, edit } = this.words;
    const change = edit === undefined ? '' : ' / e(dit)';
    return `${this.#args === this.#asked ? ask : again} y / N${change} / a(ll like this)${show} / ? `;
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
      if (request.words.edit !== undefined) return request.edit(asking);
      break;
    case 's':
    case 'show':
      request.show(asking.person, true);
      return undefined;
  }
  asking.person.say(helpFor(request.words));
  return undefined;
}
