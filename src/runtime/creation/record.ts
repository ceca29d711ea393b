import { toAwpError } from '../../base/errors.ts';
import type { DraftProblem, PlanCreation, ToolDraft, ToolMaking } from '../../events/creation.ts';
import type { Fact } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { ToolResult } from '../../ports/tool.ts';
import type { Toolsmith } from '../../ports/toolsmith.ts';
import type { RunContext } from '../context.ts';
import type { Checked } from './check-draft.ts';
import { boundedProblem, shownText } from './draft-problem.ts';

/** Characters of a name, and of the code of a draft that cannot be a tool, that the log keeps. */
const NAME_CHARS = 128;
const SOURCE_CHARS = 65_536;

/** One call of an agent that may make tools. */
export interface MakerCall {
  context: RunContext;
  frame: Frame;
  /** Id of the call. */
  call: string;
  creation: PlanCreation;
  making: ToolMaking;
  toolsmith: Toolsmith;
}

/** What happened in one call, as facts that are appended together with its result. */
export class CreationRecord {
  readonly #asked: MakerCall;
  readonly #stages: Fact[] = [];
  /** What changes if the call works. */
  #changes: readonly Fact[] = [];
  #refused: Fact | undefined;
  #last: { name: string; attempt: number } | undefined;

  constructor(asked: MakerCall) {
    this.#asked = asked;
  }

  /** A draft comes in; `attempt` counts repairs. */
  drafted(draft: ToolDraft, attempt: number): void {
    const { call, creation, toolsmith } = this.#asked;
    const { language, code } = draft;
    const name = shownText(draft.name, NAME_CHARS);
    this.#last = { name, attempt };
    const source = creation.codeReview ? { source: code.slice(0, SOURCE_CHARS) } : {};
    const data = { call, name, attempt, hash: toolsmith.hashOf(draft), language, ...source };
    this.#stages.push(this.#own({ type: 'tool.drafted', data }));
  }

  /** It went through a stage. */
  checked(stage: Checked): void {
    const { call } = this.#asked;
    const { name = '', attempt = 0 } = this.#last ?? {};
    this.#stages.push(this.#own({ type: 'tool.checked', data: { call, name, attempt, ...stage } }));
  }

  /** The tool is there: made, found, or taken away; `score` is what evaluation says of it. */
  changed(change: Fact, score?: Fact): void {
    this.#changes = [change, ...(score ? [score] : [])].map((fact) => this.#own(fact));
  }

  /** Nothing more is tried; only the first reason counts. */
  refused(problem: DraftProblem): void {
    const { call, context } = this.#asked;
    const { name = '', attempt: attempts = 0 } = this.#last ?? {};
    const data = { call, name, attempts, origin: 'agent', problem } as const;
    this.#refused ??= this.#own({ type: 'tool.refused', data });
    context.created.claims.release(call);
  }

  /** Something ended the call before its draft was a tool or was refused. */
  broken(error: unknown): void {
    this.#changes = [];
    if (this.#last) this.refused(cutShort(error));
    else this.#asked.context.created.claims.release(this.#asked.call);
  }

  /** All of it; a call that did not work has changed nothing. */
  facts({ ok, error }: Pick<ToolResult, 'ok' | 'error'>): Fact[] {
    if (!ok && this.#last && !this.#refused) this.broken(new Error(error));
    const refused = this.#refused ? [this.#refused] : [];
    return [...this.#stages, ...(ok ? this.#changes : refused)];
  }

  #own(fact: Fact): Fact {
    return { ...fact, agent: this.#asked.frame.id };
  }
}

/** A draft whose call ended before all stages had. */
function cutShort(error: unknown): DraftProblem {
  const { code, message, family } = toAwpError(error);
  const why = family === 'internal' ? 'a check did not come to an end' : `${code}: ${message}`;
  return boundedProblem({
    ...{ stage: 'registration', status: 422, category: 'dry_run', repairable: false },
    error: `the call ended before the tool was made: ${why}`,
    hint: 'make a smaller tool that is done sooner',
  });
}
