import type { JsonObject } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { ToolContext, ToolMaker, ToolResult } from '../../ports/tool.ts';
import type { RunContext } from '../context.ts';
import { listed, removed } from './known-tools.ts';
import { makingOf } from './making.ts';
import { CREATION_TOOLS } from './names.ts';
import { makeTool } from './pipeline.ts';
import { CreationRecord, type MakerCall } from './record.ts';

/** What one tool call can do about tools that agents make. */
export interface CreationDesk {
  /** Parts of the tool's context; empty for other tools, and for agents that may make none. */
  equip(context: Omit<ToolContext, 'maker'>): Pick<ToolContext, 'maker'>;
  /** What the log is told together with the call's result. */
  facts(result: ToolResult): Fact[];
}

/** Of calls that have nothing to do with it. */
const NOTHING: CreationDesk = { equip: () => ({}), facts: () => [] };

/** The way of one call to tools that agents make; all that it changes is in the log with its result. */
export function creationDesk(
  context: RunContext,
  frame: Frame,
  { call, tool }: { call: string; tool: string },
): CreationDesk {
  const { host, plan } = context;
  const making = CREATION_TOOLS.includes(tool) ? makingOf(plan, frame) : undefined;
  if (!making || !plan.creation || !host.toolsmith) return NOTHING;
  const { toolsmith } = host;
  const asked = { context, frame, call, creation: plan.creation, making, toolsmith };
  const record = new CreationRecord(asked);
  return {
    equip: (toolContext) => ({ maker: makerFor(asked, record, toolContext) }),
    facts: (result) => record.facts(result),
  };
}

function makerFor(
  asked: MakerCall,
  record: CreationRecord,
  toolContext: Omit<ToolContext, 'maker'>,
): ToolMaker {
  return {
    create: async (args: JsonObject) => {
      try {
        return await makeTool(asked, record, { args, toolContext });
      } catch (error) {
        record.broken(error);
        throw error;
      }
    },
    list: (namespace) => listed(asked, namespace),
    remove: (name) => removed(asked, record, name),
  };
}
