import { describe, expect, it } from 'vitest';
import type { CreatedTool } from '../../../src/events/creation.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { ToolSpec } from '../../../src/ports/model-provider.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import { CreatedTools } from '../../../src/runtime/creation/registry.ts';
import { testPlan } from '../../make.ts';
import { CREATION, draftOf, fakeSmith } from './makers.ts';

const given: Tool = {
  ...{ name: 'stats.given', description: 'of the author', parameters: {}, idempotent: true },
  origin: 'custom',
  run: async () => ({ ok: true, status: 200, data: {} }),
};

function registry() {
  const tools = new Map([[given.name, given]]);
  const specs = new Map<string, ToolSpec>([[given.name, given]]);
  const plan = { ...testPlan(), creation: CREATION };
  return {
    tools,
    specs,
    created: new CreatedTools({ plan, toolsmith: fakeSmith(), tools, specs }),
  };
}

const event = (type: 'tool.created' | 'tool.removed', name: string): RunEvent => {
  const namespace = name.slice(0, name.indexOf('.'));
  const tool = { ...draftOf(name), namespace } as unknown as CreatedTool;
  return { type, data: type === 'tool.created' ? { tool } : { call: 'c', name } } as RunEvent;
};

describe('tools that agents made, among those of a run', () => {
  it('come and go as the log says', () => {
    const { created, tools, specs } = registry();
    created.see(event('tool.created', 'stats.a'));
    expect(tools.get('stats.a')?.origin).toBe('dynamic');
    expect(specs.get('stats.a')?.description).toBe('adds one');
    created.see(event('tool.removed', 'stats.a'));
    expect([...tools.keys(), ...specs.keys()]).toEqual([given.name, given.name]);
  });

  it('never stand in the place of one that the author has given meanwhile', () => {
    const { created, tools, specs } = registry();
    created.see(event('tool.created', given.name));
    created.see(event('tool.removed', given.name));
    expect(tools.get(given.name)).toBe(given);
    expect(specs.get(given.name)).toBe(given);
  });

  it('are not there without a namespace of the plan', () => {
    const { created, tools } = registry();
    created.see(event('tool.created', 'gone.a'));
    expect(tools.has('gone.a')).toBe(false);
  });
});
