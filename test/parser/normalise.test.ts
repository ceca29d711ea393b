import { describe, expect, it } from 'vitest';
import { sortDiagnostics } from '../../src/base/diagnostic.ts';
import { nodeAt, plainValue, type YamlMap } from '../../src/base/yaml-node.ts';
import { normalise } from '../../src/parser/normalise.ts';
import { parseYaml } from '../../src/parser/parse-yaml.ts';

function canonical(text: string) {
  const { tree } = parseYaml(text, 'x.yaml');
  const raw = tree as YamlMap;
  const before = JSON.stringify(plainValue(raw));
  const { tree: normal, diagnostics } = normalise(raw, 'workflow');
  expect(JSON.stringify(plainValue(raw))).toBe(before);
  return {
    tree: normal,
    value: plainValue(normal),
    found: sortDiagnostics(diagnostics).map(
      ({ rule, severity, range: { start } }) => `${severity} ${rule} ${start.line}:${start.column}`,
    ),
  };
}

const GRAPH = 'orchestration:\n  graph:\n';

describe('other spellings', () => {
  it('keep the place and the path that they were written with', () => {
    const { tree } = canonical(`${GRAPH}    - { id: a, retry: 2 }\n`);
    const retry = nodeAt(tree, 'orchestration', 'graph', 0, 'retry', 'max_attempts');
    expect(retry).toMatchObject({ value: 3 });
    expect(retry?.source.text.slice(retry.from, retry.to)).toBe('2');
    expect(retry?.path).toBe('orchestration.graph[0].retry');
  });

  it('are replaced at every item of a list, each told', () => {
    const { value, found } = canonical(
      `${GRAPH}    - { id: a, retry: 0 }\n    - { id: b }\n    - { id: c, retry: 1 }\n`,
    );
    expect(value).toEqual({
      orchestration: {
        graph: [
          { id: 'a', retry: { max_attempts: 1 } },
          { id: 'b' },
          { id: 'c', retry: { max_attempts: 2 } },
        ],
      },
    });
    expect(found).toEqual(['info D3 3:23', 'info D3 5:23']);
  });

  it('give way to the canonical one, which is said only when they differ', () => {
    const same = canonical(
      'workflow: { settings: { custom: { a: 1 } } }\nsettings: { custom: { a: 1 } }',
    );
    expect(same.found).toEqual(['info D9 2:1']);
    const other = canonical(
      'workflow: { settings: { custom: { a: 1 } } }\nsettings: { custom: { a: 2, b: 3 } }',
    );
    expect(other.value).toEqual({ workflow: { settings: { custom: { a: 1, b: 3 } } } });
    expect(other.found).toEqual(['info D9 2:1', 'warning S14 2:23']);
  });

  it('are left where they are when something else is in the way', () => {
    expect(() => canonical('workflow: 5\nsettings: { a: 1 }')).not.toThrow();
    expect(() => canonical('orchestration: [a]\nsettings: 5')).not.toThrow();
    expect(() => canonical('orchestration:\n  graph: { a: 1 }')).not.toThrow();
    expect(() => canonical('orchestration:\n  graph: [1, [a], null, { retry: [] }]')).not.toThrow();
  });
});
