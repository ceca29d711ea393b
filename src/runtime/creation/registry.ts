import type { CreatedTool } from '../../events/creation.ts';
import type { RunEvent } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { RunState } from '../../events/state.ts';
import type { ToolSpec } from '../../ports/model-provider.ts';
import type { Tool } from '../../ports/tool.ts';
import type { DraftPlace, Toolsmith } from '../../ports/toolsmith.ts';
import { CreationClaims } from './claims.ts';

interface RegistryParts {
  plan: Plan;
  /** Undefined where no tools can be made. */
  toolsmith: Toolsmith | undefined;
  /** Tools of the run, by name; what is made is put in. */
  tools: Map<string, Tool>;
  /** The same as models are told about them. */
  specs: Map<string, ToolSpec>;
}

/** Keeps the tools of a run in line with what its log says was made and removed. */
export class CreatedTools {
  readonly #parts: RegistryParts;
  /** Names and places of drafts that are on their way. */
  readonly claims = new CreationClaims();

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** Puts in what an earlier process had made. */
  restore({ creation }: Pick<RunState, 'creation'>): void {
    for (const created of creation?.tools.values() ?? []) this.#add(created);
  }

  /** Takes in what the log says now. */
  see(event: RunEvent): void {
    this.claims.see(event);
    const { type, data } = event;
    if (type === 'tool.created') this.#add(data.tool);
    if (type !== 'tool.removed' || this.#isGiven(data.name)) return;
    this.#parts.tools.delete(data.name);
    this.#parts.specs.delete(data.name);
  }

  /** Whether no agent made the tool of this name: a run may be taken up with more tools than it had. */
  #isGiven(name: string): boolean {
    const tool = this.#parts.tools.get(name);
    return tool !== undefined && tool.origin !== 'dynamic';
  }

  #add(created: CreatedTool): void {
    const { plan, toolsmith, tools, specs } = this.#parts;
    const place = placeOf(plan, created.namespace);
    const { name, description, parameters } = created;
    // What an agent made never takes the place of what the author gave.
    if (!toolsmith || !place || this.#isGiven(name)) return;
    tools.set(name, toolsmith.tool(created, place));
    specs.set(name, { name, description, parameters });
  }
}

/** Where tools of a namespace are made; undefined when the author does not allow it. */
export function placeOf({ creation }: Plan, name: string): DraftPlace | undefined {
  const namespace = creation?.namespaces.find((one) => one.name === name);
  if (!creation || !namespace) return undefined;
  const { dryRun, dryRunMs, callMs } = creation;
  return { namespace, dryRunMs: dryRun ? dryRunMs : undefined, callMs };
}
