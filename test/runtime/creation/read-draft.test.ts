import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, jsonBytes } from '../../../src/base/json.ts';
import type { ToolProposal } from '../../../src/events/creation.ts';
import { readDraft } from '../../../src/runtime/creation/read-draft.ts';
import { draftOf } from './makers.ts';

const proposal: ToolProposal = {
  ...{ name: 'stats.induced_0a1b2c', description: 'proposed', shape: '0123456789abcdef' },
  ...{ parameters: { type: 'object' }, code: 'proposed code', language: 'javascript' },
  ...{ secrets: [], workers: ['a', 'b', 'c'] },
};
const proposals = new Map([[proposal.name, proposal]]);
const read = (args: JsonObject) => readDraft(args, { language: 'python', proposals });

describe('a draft is read', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['with the language of its agent', { language: null }, { language: 'python' }],
    ['with another spelling of a language', { language: 'JS' }, { language: 'javascript' }],
    [
      'with a schema that is JSON text',
      { parameters: '{"type":"object"}' },
      { parameters: { type: 'object' } },
    ],
    [
      'without parameters',
      { parameters: null },
      { parameters: { type: 'object', properties: {} } },
    ],
    ['with secrets, each once', { required_secrets: ['A', 'A', 'B'] }, { secrets: ['A', 'B'] }],
    ['with a description without blanks around it', { description: ' x ' }, { description: 'x' }],
    [
      'with nothing hidden in its description',
      { description: 'a\u202eb' },
      { description: 'a\\u202eb' },
    ],
    ['with meta', { meta: { side_effects: false } }, { meta: { side_effects: false } }],
  ])('%s', (_, args, expected) => {
    const { draft, problem, warnings } = read(draftOf('stats.a', args));
    expect(problem).toBeUndefined();
    expect(warnings).toEqual([]);
    expect(draft).toMatchObject(expected);
  });

  it.each<[string, JsonObject]>([
    ['no object', { meta: ['x'] }],
    ['too large', { meta: { x: 'y'.repeat(5000) } }],
    ['too deep', { meta: { x: JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) } }],
  ])('without meta that is %s, which is told', (_, args) => {
    const { draft, problem, warnings } = read(draftOf('stats.a', args));
    expect(problem).toBeUndefined();
    expect(draft).not.toHaveProperty('meta');
    expect(warnings).toEqual([expect.stringContaining('meta was left out')]);
  });

  it('from a proposal, whose code and parameters are its own', () => {
    const { draft, problem } = read({
      ...{ proposal: proposal.name, name: 'stats.other', description: 'mine', code: 'other' },
      ...{ parameters: { type: 'array' }, required_secrets: ['A'], language: 'python' },
    });
    expect(problem).toBeUndefined();
    const { code, parameters, language } = proposal;
    expect(draft).toEqual({
      ...{ name: 'stats.other', description: 'mine', code, parameters, language, secrets: [] },
    });
    expect(read({ proposal: proposal.name }).draft).toMatchObject({ name: proposal.name, code });
  });

  it('without taking anything from the prototype of objects', () => {
    const args = JSON.parse('{"name":"stats.a","__proto__":{"code":"x","description":"y"}}');
    expect(read(args).problem).toMatchObject({ status: 400 });
  });

  it('whatever comes: a draft within its limits, or a problem with all that is said of one', () => {
    const word = fc.constantFrom(
      ...['name', 'code', 'description', 'parameters', 'language', 'required_secrets', 'meta'],
      ...['proposal', '_unparsed', 'capabilities'],
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 6 }),
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc.constantFrom('stats.a', 'python', proposal.name, '{}', '{"type":"object"}'),
    );
    fc.assert(
      fc.property(fc.dictionary(word, value), (args) => {
        const { draft, problem } = read(args as JsonObject);
        expect(draft.name.length).toBeLessThanOrEqual(129);
        if (problem) {
          expect(problem).toMatchObject({ stage: expect.any(String), status: 400 });
          expect(problem.error.length * problem.hint.length).toBeGreaterThan(0);
          expect(problem.error.length).toBeLessThanOrEqual(2000);
          return;
        }
        expect(draft.description.length).toBeLessThanOrEqual(1024);
        expect(Buffer.byteLength(draft.code)).toBeLessThanOrEqual(65_536);
        expect(jsonBytes(draft.parameters)).toBeLessThanOrEqual(32_768);
        expect(draft.secrets.length).toBeLessThanOrEqual(16);
      }),
      { numRuns: 300 },
    );
  });
});
