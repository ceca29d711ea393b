/** A manager of 20 turns with 5 workers each; every worker calls one tool, then answers: 221 questions. */
export const TURNS = 20;
export const WORKERS = 5;

/** What a scripted model says: calls of tools, or the end. */
export type Said =
  | { calls: readonly { id: string; name: string; args: object }[] }
  | { text: string };

/** The script of one whole run, counted so that a run that left something out is noticed. */
export class Brain {
  models = 0;
  tools = 0;
  #turn = 0;

  /** The manager's next answer: five delegations at once, and at last the result. */
  manager(): Said {
    this.models += 1;
    this.#turn += 1;
    const turn = this.#turn;
    if (turn > TURNS) return { text: 'done' };
    const calls = Array.from({ length: WORKERS }, (_, place) => ({
      ...{ id: `m${turn}_${place}`, name: 'delegate' },
      args: { task: `add one and two, part ${turn}.${place}` },
    }));
    return { calls };
  }

  /** A worker's answer: it calls the tool first. */
  worker(hasResult: boolean): Said {
    this.models += 1;
    if (hasResult) return { text: 'three' };
    return { calls: [{ id: `w${this.models}`, name: 'add', args: { a: 1, b: 2 } }] };
  }

  /** The tool of the workers. */
  add(a: number, b: number): number {
    this.tools += 1;
    return a + b;
  }

  /** Throws when the run was another one than it should be. */
  check(): void {
    const models = TURNS + 1 + 2 * TURNS * WORKERS;
    const tools = TURNS * WORKERS;
    if (this.models === models && this.tools === tools) return;
    throw new Error(`${this.models} model calls and ${this.tools} tool calls`);
  }
}
