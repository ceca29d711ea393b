import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { fillSchema } from '../../../src/providers/demo/typed-output.ts';

const FIELDS = new Map<string, Json>([
  ['summary', 'It rose.'],
  ['measure', 'Net revenue'],
  ['peak', { label: 'Feb', value: 200 }],
  ['low', { label: '2021', value: 100.5 }],
  ['change', 50],
  ['changePercent', 50.128],
  ['direction', 'up'],
  ['mean', 150],
  ['sum', 450],
  ['outlierCount', 1],
  ['outliers', [{ row: 3, label: 'Mar', value: 9 }]],
  ['bestGroup', 'North'],
  ['rows', 3],
  ['files', ['report.md']],
]);

function fill(schema: z.ZodType | JsonObject) {
  const json = schema instanceof z.ZodType ? (z.toJSONSchema(schema) as JsonObject) : schema;
  return fillSchema(json, FIELDS);
}

describe('typed output of the demo', () => {
  it.each([
    [
      'labels and values by name and type',
      z.object({ peakMonth: z.string(), peak: z.number(), lowest_year: z.int() }),
      { peakMonth: 'Feb', peak: 200, lowest_year: 2021 },
    ],
    [
      'growth as a number or as words',
      z.object({ growth: z.number(), growthRate: z.string() }),
      { growth: 50.128, growthRate: '+50.13 %' },
    ],
    [
      'points as objects',
      z.object({ peak: z.object({ month: z.string(), value: z.number() }) }),
      { peak: { month: 'Feb', value: 200 } },
    ],
    [
      'the measure as a part of a name',
      z.object({ totalNetRevenue: z.number(), averageNetRevenue: z.number() }),
      { totalNetRevenue: 450, averageNetRevenue: 150 },
    ],
    [
      'one of several words',
      z.object({ trend: z.enum(['falling', 'rising']) }),
      { trend: 'rising' },
    ],
    [
      'outliers as a number or a list',
      z.object({
        outlierCount: z.int(),
        anomalies: z.array(z.number()),
        outliers: z.array(z.string()),
      }),
      { outlierCount: 1, anomalies: [9], outliers: ['Mar'] },
    ],
    [
      'figures in an object of their own',
      z.object({ stats: z.object({ mean: z.number(), rows: z.int() }), topGroup: z.string() }),
      { stats: { mean: 150, rows: 3 }, topGroup: 'North' },
    ],
    [
      'nothing for optional and nullable fields that it does not know',
      z.object({
        files: z.array(z.string()),
        author: z.string().optional(),
        editor: z.string().nullable(),
      }),
      { files: ['report.md'], editor: null },
    ],
    ['a text', z.string(), 'It rose.'],
    [
      'a reference',
      {
        $ref: '#/$defs/A',
        $defs: { A: { type: 'object', properties: { answer: { type: 'string' } } } },
      },
      { answer: 'It rose.' },
    ],
  ] as [string, z.ZodType | JsonObject, Json][])('fills in %s', (_, schema, value) => {
    expect(fill(schema)).toEqual({ ok: true, value });
  });

  it.each([
    [
      'a figure that nobody computed',
      z.object({ peak: z.number(), author: z.string() }),
      ['author'],
    ],
    ['another type', z.object({ mean: z.boolean() }), ['mean']],
    ['a word that is none of its own', z.object({ trend: z.enum(['good', 'bad']) }), ['trend']],
    ['a bare number', z.number(), ['output']],
    ['a name that every object has', z.object({ constructor: z.string() }), ['constructor']],
  ] as [string, z.ZodType, string[]][])('does not invent %s', (_, schema, missing) => {
    expect(fill(schema)).toEqual({ ok: false, missing });
  });
});
