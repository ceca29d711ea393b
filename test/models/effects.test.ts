import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { agentSchema } from '../../src/models/agent.ts';
import { manifestSchema } from '../../src/models/manifest.ts';
import { infoOf, isOptional, takesEffect } from '../../src/models/schema-shape.ts';
import { S } from '../../src/parser/field-codes.ts';
import { rules } from '../../src/validator/rules/index.ts';
import { fieldsOf, nameOf } from './schema-walk.ts';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));
const FIELDS = [...fieldsOf(manifestSchema), ...fieldsOf(agentSchema)].map(([path, schema]) => ({
  path,
  schema,
  info: infoOf(schema),
}));

describe('what every field says about itself', () => {
  it('is a sentence', () => {
    const silent = FIELDS.filter(({ info }) => !/^\S.*\.$/.test(info.description ?? ''));
    expect(silent.map(({ path, info }) => `${path}: ${info.description}`)).toEqual([]);
  });

  it('names a file in which it takes effect and which speaks of it', () => {
    const texts = new Map<string, string | undefined>();
    for (const { info } of FIELDS) {
      if (info.effect === undefined || texts.has(info.effect)) continue;
      const file = `${SOURCE}${info.effect}`;
      texts.set(info.effect, existsSync(file) ? readFileSync(file, 'utf8') : undefined);
    }
    const wrong = FIELDS.flatMap(({ path, info: { effect } }) => {
      if (effect === undefined) return [];
      const text = texts.get(effect);
      if (text === undefined) return [`${path}: there is no src/${effect}`];
      return mentions(text, nameOf(path)) ? [] : [`${path}: src/${effect} does not mention it`];
    });
    expect(wrong).toEqual([]);
  });

  it('names a rule that there is', () => {
    const known = new Set([...rules.map(({ code }) => code), S.jsonSchema.code]);
    const wrong = FIELDS.filter(({ info }) => info.rule !== undefined && !known.has(info.rule));
    expect(wrong.map(({ path, info }) => `${path}: ${info.rule}`)).toEqual([]);
  });

  it('refers in its text to rules and levels that there are', () => {
    const codes = new Set(rules.map(({ code }) => code));
    const named = FIELDS.flatMap(({ path, info }) =>
      [...(info.description ?? '').matchAll(/\bR\d+\b|\bCT\d+\b/g)].map(([code]) => ({
        path,
        code,
      })),
    );
    expect(named.filter(({ code }) => !codes.has(code))).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
  });

  it('is optional wherever it has a default, so that a file need not say it', () => {
    const wrong = FIELDS.filter(
      ({ schema }) => schema.safeParse(undefined).success && !isOptional(schema),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('holds for sections too: one acts when a field inside of it does', () => {
    for (const { path, schema } of FIELDS) {
      const inside = [...fieldsOf(schema)].some(([, inner]) => infoOf(inner).effect !== undefined);
      const self = infoOf(schema).effect !== undefined;
      expect(takesEffect(schema), path).toBe(inside || self);
    }
  });
});

/** A file speaks of a field by its name, on its own and not as a part of a longer word. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`).test(text);
}
