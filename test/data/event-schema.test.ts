import { expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { type eventDataSchemas, eventSchema } from '../../src/data/event-schema.ts';
import { jsonSchema, SCHEMA_NAMES } from '../../src/data/json-schema.ts';
import { resultSchema } from '../../src/data/result-schema.ts';
import type { EventData, RunEventType } from '../../src/events/event.ts';
import { resultJson, resultOf } from '../../src/events/result.ts';
import { builtinTools } from '../../src/tools/index.ts';
import {
  complete,
  delegate,
  logOf,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

type Schemas = typeof eventDataSchemas;
/** The keys of every member of a union. */
type Keys<T> = T extends unknown ? keyof T : never;

it('every event type has a schema with the same fields', () => {
  expectTypeOf<keyof Schemas>().toEqualTypeOf<RunEventType>();
  type Theirs = { [T in RunEventType]: Keys<EventData[T]> };
  type Ours = { [T in RunEventType]: Keys<z.infer<Schemas[T]>> };
  expectTypeOf<Ours>().toEqualTypeOf<Theirs>();
});

it('every event of a run with workers, tools, files and a refusal fits', async () => {
  using folder = temporaryFolder();
  const host = testHost(folder.path, {
    tools: builtinTools,
    script: ({ headers, messages }) => {
      if (headers['x-awp-role'] !== 'manager') {
        const asked = messages.some(({ role }) => role === 'tool');
        if (asked) return { answer: 3, confidence: 0.9 };
        return { toolCalls: [{ id: 't1', name: 'arithmetic.add', args: { a: 1, b: 2 } }] };
      }
      const turns = messages.filter(({ role }) => role === 'assistant').length;
      return turns === 0 ? delegate('one', 'two', 'three') : complete('done');
    },
  });
  const plan = testPlan({ budget: { workers: 2 }, tools: ['arithmetic.*'] });
  const run = await startTestRun(host, plan);
  await run.done;
  const log = await logOf(host.store);
  expect(log.length).toBeGreaterThan(10);
  for (const event of log) {
    const { error } = eventSchema.safeParse(event);
    expect(error?.issues, event.type).toBeUndefined();
  }
  const result = resultJson(resultOf(run.state, folder.path));
  expect(resultSchema.safeParse(result).error?.issues).toBeUndefined();
});

it('what is no event does not fit', () => {
  const event = {
    v: 1,
    run: 'r',
    seq: 1,
    ts: '-',
    depth: 0,
    type: 'run.stopped',
    data: { reason: 'x' },
  };
  expect(eventSchema.safeParse(event).success).toBe(true);
  expect(eventSchema.safeParse({ ...event, type: 'run.unknown' }).success).toBe(false);
  expect(eventSchema.safeParse({ ...event, extra: 1 }).success).toBe(false);
  expect(eventSchema.safeParse({ ...event, data: {} }).success).toBe(false);
});

it.each(SCHEMA_NAMES)('the schema of a %s is a draft 2020-12 document', (name) => {
  const schema = jsonSchema(name);
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema.title).toBeDefined();
});
