import type { JsonObject } from '../../base/json.ts';
import type { CreatedTool } from '../../events/creation.ts';
import type { ToolResult } from '../../ports/tool.ts';
import { accessProblem } from '../tools/policy.ts';
import { shownText } from './draft-problem.ts';
import { makerOf } from './policy.ts';
import type { CreationRecord, MakerCall } from './record.ts';

/** Characters of the schemas that one list shows, as JSON; tools behind them are listed without. */
const SCHEMA_CHARS = 100_000;

/** Tools that were made and that the agent may call, in the order in which they came. */
export function listed({ context, frame }: MakerCall, namespace?: string): ToolResult {
  const { plan, state } = context;
  const tools: JsonObject[] = [];
  let left = SCHEMA_CHARS;
  for (const tool of state.creation?.tools.values() ?? []) {
    if (namespace !== undefined && tool.namespace !== namespace) continue;
    if (accessProblem(plan, frame, tool.name) !== undefined) continue;
    const { name, description, creator, createdAt, parameters } = tool;
    left -= JSON.stringify(parameters).length;
    tools.push({
      ...{ name, description, creator, created_at: createdAt },
      ...(left >= 0 && { parameters }),
      // It came after this agent had started.
      ...(!frame.tools.includes(name) && { callable: false }),
    });
  }
  return { ok: true, status: 200, data: { tools, count: tools.length } };
}

/** Takes a tool away that this agent made in this run (spec, capabilities 4.4). */
export function removed(asked: MakerCall, record: CreationRecord, name: string): ToolResult {
  const { context, call } = asked;
  const { creation } = context.state;
  const shown = shownText(name, 128);
  const tool = creation?.tools.get(name);
  if (!tool && isGiven(asked, name)) return denied(`${shown} comes with the run`);
  if (!tool) return failure(404, `tool/unknown: nobody made a tool ${shown} in this run`);
  if (!isMaker(asked, tool)) return denied(`${shown} was made by ${tool.creator}`);
  if (!context.created.claims.removes(name, call)) {
    return failure(404, `tool/unknown: ${shown} is being taken away by another call`);
  }
  record.changed({ type: 'tool.removed', data: { call, name } });
  return { ok: true, status: 200, data: { name, unregistered: true } };
}

/** Whether a tool of this name ships, or came with the run. */
function isGiven({ context: { host, tools } }: MakerCall, name: string): boolean {
  return host.tools.has(name) || tools.has(name);
}

/** Whether the agent made it; runs of one node of a graph are one agent. */
function isMaker({ context, frame }: MakerCall, { name, origin }: CreatedTool): boolean {
  const { creation, frames } = context.state;
  const maker = frames.get(creation?.makers.get(name) ?? '');
  return origin === 'agent' && maker !== undefined && makerOf(maker) === makerOf(frame);
}

function denied(why: string): ToolResult {
  return failure(403, `tool/not-granted: ${why}, and only its maker takes a tool away`);
}

function failure(status: number, error: string): ToolResult {
  return { ok: false, status, data: {}, error };
}
