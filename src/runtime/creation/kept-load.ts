import { namespaceOf, sentName } from '../../base/tool-names.ts';
import type { CreatedTool, DraftProblem, PlanCreation } from '../../events/creation.ts';
import { creationOf } from '../../events/creation-state.ts';
import type { Fact } from '../../events/event.ts';
import type { KeptTool } from '../../events/kept-tool.ts';
import type { Plan } from '../../events/plan.ts';
import { emptyState } from '../../events/reduce.ts';
import type { Host } from '../../ports/host.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import type { Toolsmith } from '../../ports/toolsmith.ts';
import { formProblem, shownText } from './draft-problem.ts';
import { checkKeptTool, notTried, reasonOf } from './kept-check.ts';
import { type KeptFile, type KeptPlace, readKeptFiles } from './kept-files.ts';
import { keptPlace, promotedPlace } from './kept-places.ts';

/** Tools that are tried at the same time. */
const AT_ONCE = 4;
/** Time for all trials before a run begins, in milliseconds; what has none left is refused. */
const MOST_MS = 60_000;
/** Refusals that have facts of their own; the rest is counted in one. */
const MOST_REFUSED = 200;

/** What tools of a run's start are checked with. */
export interface LoadParts {
  host: Host;
  plan: Plan;
  sandbox: Sandbox | undefined;
  /** Names of all tools that no agent made. */
  others: Iterable<string>;
  /** Names of the secrets that the author granted with the hosts that they may go to. */
  secrets: ReadonlySet<string>;
  /** Ends it early: the run is to be stopped. */
  stop?: AbortSignal | undefined;
}

/**
 * The tools that a run begins with, as facts: those that a person promoted, and with `persist` those
 * of earlier runs. Each goes the whole way of a draft without a repair; no file is trusted for having
 * gone it before (threat W15). Nothing in these folders keeps a run from starting.
 */
export async function loadKeptTools(parts: LoadParts): Promise<Fact[]> {
  const { host, plan, sandbox } = parts;
  const { creation } = plan;
  if (!creation || !host.toolsmith || !sandbox) return [];
  const places: [CreatedTool['origin'], KeptPlace | undefined][] = [
    ['project', promotedPlace(host, plan)],
    ['kept', creation.persist ? keptPlace(host, plan) : undefined],
  ];
  const loading = new Loading(parts, { toolsmith: host.toolsmith, sandbox, creation });
  if (creation.persist) await loading.checkKeeping(keptPlace(host, plan));
  try {
    for (const [origin, place] of places) if (place) await loading.take(origin, place);
  } finally {
    loading.end();
  }
  return loading.facts();
}

interface Tools {
  toolsmith: Toolsmith;
  sandbox: Sandbox;
  creation: PlanCreation;
}

interface Checked {
  candidate: Candidate;
  problem?: DraftProblem;
}

interface Candidate extends KeptTool {
  origin: CreatedTool['origin'];
}

/** One look at all folders. */
class Loading {
  readonly #parts: LoadParts;
  readonly #tools: Tools;
  /** What was taken so far, as the policy wants to see it. */
  readonly #state = emptyState('');
  readonly #facts: Fact[] = [];
  readonly #notes: string[] = [];
  readonly #late = new AbortController();
  readonly #signal: AbortSignal;
  readonly #forget: () => void;
  #refused = 0;

  constructor(parts: LoadParts, tools: Tools) {
    this.#parts = parts;
    this.#tools = tools;
    const { clock } = parts.host.effects;
    this.#forget = clock.timer(MOST_MS, () => this.#late.abort(new Error('late')));
    this.#signal = AbortSignal.any([this.#late.signal, ...(parts.stop ? [parts.stop] : [])]);
  }

  /** Takes in the tools of one folder. */
  async take(origin: CreatedTool['origin'], place: KeptPlace): Promise<void> {
    const { files, notes } = await readKeptFiles(place);
    this.#notes.push(...notes);
    const candidates = files.flatMap((file) => this.#read(origin, file));
    for (let next = 0; next < candidates.length; ) {
      // No more at once than there is room for: each that fails leaves its place to another one.
      const room = this.#tools.creation.maxTotal - creationOf(this.#state).tools.size;
      const some = candidates.slice(next, next + Math.max(1, Math.min(AT_ONCE, room)));
      next += some.length;
      await this.#tryAll(some);
    }
  }

  /** Notes it when tools of this run cannot be kept, before any was made. */
  async checkKeeping(place: KeptPlace | undefined): Promise<void> {
    const said = 'tools of this run are not kept for later ones';
    try {
      if (place) await place.files.makeFolder(`${place.root}/${place.below}`, 0o700);
      else this.#notes.push(`${said}: the run is not in an .awp folder`);
    } catch {
      this.#notes.push(`${said}: ${place?.root} cannot be written`);
    }
  }

  /** Nothing is tried any more. */
  end(): void {
    this.#forget();
  }

  /** What is there, what was refused, and notes. */
  facts(): Fact[] {
    const left = this.#refused - MOST_REFUSED;
    if (left > 0) this.#notes.push(`${left} more files of tools were refused`);
    return [
      ...this.#facts,
      ...this.#notes.map(
        (note): Fact => ({
          type: 'input.resolved',
          data: { name: 'tools', kind: 'text', note: shownText(note, 500) },
        }),
      ),
    ];
  }

  /** A file that has a tool; what has none is refused. */
  #read(origin: CreatedTool['origin'], { file, read }: KeptFile): Candidate[] {
    if ('draft' in read) return [{ ...read, origin }];
    const { name = file, error, hint } = read;
    this.#refuse(
      { name, origin },
      {
        ...formProblem('source', `${file}: ${error}`, hint),
        repairable: false,
      },
    );
    return [];
  }

  async #tryAll(candidates: readonly Candidate[]): Promise<void> {
    // Of two with one name the first one counts, so the others wait until that is known.
    const names = new Set<string>();
    const now: Candidate[] = [];
    const later: Candidate[] = [];
    for (const one of candidates) {
      const name = sentName(one.draft.name);
      (names.has(name) ? later : now).push(one);
      names.add(name);
    }
    const checked = await Promise.all(now.map((one) => this.#check(one)));
    for (const one of checked) this.#settle(one);
    if (later.length > 0) await this.#tryAll(later);
  }

  #settle({ candidate, problem }: Checked): void {
    const { draft, origin } = candidate;
    if (problem) {
      this.#refuse({ name: draft.name, origin }, problem);
      return;
    }
    const tool = this.#created(candidate);
    creationOf(this.#state).tools.set(tool.name, tool);
    this.#facts.push({ type: 'tool.created', data: { tool } });
  }

  async #check(given: Candidate): Promise<Checked> {
    const { plan, host, others, secrets } = this.#parts;
    const checker = {
      ...this.#tools,
      ...{ plan, others, secrets, effects: host.effects },
      ...{ state: this.#state, signal: this.#signal },
    };
    try {
      const { draft, problem } = await checkKeptTool(checker, given.draft, given.hash);
      return { candidate: { ...given, draft }, ...(problem && { problem }) };
    } catch (error) {
      // Nothing that lies in a folder keeps a run from starting.
      return { candidate: given, problem: notTried(this.#whyNot(error)) };
    }
  }

  #whyNot(error: unknown): string {
    if (this.#late.signal.aborted) {
      return `no time is left for its trial: all have ${MOST_MS / 1000} s together`;
    }
    return this.#signal.aborted ? 'the run was stopped' : reasonOf(error);
  }

  #refuse(
    { name, origin }: Pick<Candidate, 'origin'> & { name: string },
    problem: DraftProblem,
  ): void {
    this.#refused += 1;
    if (this.#refused > MOST_REFUSED) return;
    const data = { name: shownText(name, 120), attempts: 0, origin };
    this.#facts.push({
      type: 'tool.refused',
      data: { ...data, problem },
    });
  }

  #created({ draft, creator, createdAt, repairs, origin }: Candidate): CreatedTool {
    const { host } = this.#parts;
    return {
      ...draft,
      namespace: namespaceOf(draft.name),
      hash: this.#tools.toolsmith.hashOf(draft),
      creator: shownText(creator, 120),
      createdAt: createdAt ?? new Date(host.effects.clock.now()).toISOString(),
      ...{ origin, repairs },
    };
  }
}
