/** Size of the log of a run with 221 model calls, besides what models and tools were told and said. */

import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { folder, loopOptions, loopScript, report } from '../world.ts';

async function logOf(turns: number): Promise<RunEvent[]> {
  using place = folder();
  const store = memoryStore({ folder: place.path });
  const options = loopOptions(loopScript({ turns, workers: 5, tools: true }), { store });
  await new AgentWorkflow(options).run({ runId: 'r-size' });
  const events: RunEvent[] = [];
  for (;;) {
    const page = await store.read('r-size', events.length);
    if (page.length === 0) return events;
    events.push(...page);
  }
}

function bytes(value: unknown): number {
  return value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
}

/** What went to a model or a tool, and what came back, each counted once. */
function payload({ type, data }: RunEvent): number {
  switch (type) {
    case 'model.asked':
      return bytes(data.messages);
    case 'model.responded':
      return bytes(data.text) + bytes(data.toolCalls);
    case 'tool.called':
      return bytes(data.args);
    case 'tool.returned':
      return bytes(data.data);
    default:
      return 0;
  }
}

function besides(events: readonly RunEvent[]): number {
  return events.reduce((sum, event) => sum + bytes(event) - payload(event), 0);
}

const events = await logOf(20);
const steps = events.filter(({ type }) => type === 'model.asked' || type === 'tool.called').length;
const short = besides(await logOf(10));
report([
  {
    name: 'log, for each event, besides payload',
    value: besides(events) / events.length / 1000,
    unit: 'KB',
  },
  {
    name: 'log, for each model or tool call, besides payload',
    value: besides(events) / steps / 1000,
    unit: 'KB',
    recorded: 'LangGraph 4.8',
    aim: { atMost: 0.5 },
  },
  {
    name: 'log besides payload, 20 turns against 10',
    value: besides(events) / short,
    unit: 'times',
    aim: { atMost: 2.05 },
  },
]);
