import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { dataPlaces, specProblem } from '../../../src/tools/chart/spec.ts';

const nested = (depth: number): JsonObject => {
  let value: Json = 1;
  for (let count = 0; count < depth; count++) value = { a: value };
  return value as unknown as JsonObject;
};

describe('a spec', () => {
  it.each<[string, JsonObject]>([
    ['with its data', { data: { values: [{ a: 1 }] }, mark: 'bar' }],
    ['with a file', { data: { url: 'inputs/a.csv' }, mark: { type: 'line', point: true } }],
    ['of layers', { layer: [{ mark: 'rule' }, { mark: { type: 'text' } }], width: 4000 }],
    ['with a size by its data', { mark: 'bar', width: { step: 20 }, height: 'container' }],
    [
      'whose data looks like a spec',
      { mark: 'bar', data: { values: [{ url: 'http://x', width: 9e9, mark: 'x' }] } },
    ],
    ['whose data set looks like a spec', { mark: 'bar', datasets: { a: [{ url: 'http://x' }] } }],
    ['with a picture inside', { mark: { type: 'image', url: 'data:image/png;base64,AA==' } }],
    ['with a field of addresses', { mark: 'image', encoding: { url: { field: 'url' } } }],
    ['with links', { mark: 'bar', encoding: { href: { value: 'https://x.org' } } }],
    [
      'with its schema',
      { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', mark: 'bar' },
    ],
  ])('%s is drawn', (_, spec) => {
    expect(specProblem(spec)).toBeUndefined();
  });

  it.each<[string, JsonObject, number, string]>([
    ['wide', { mark: 'bar', width: 20_000 }, 400, 'width is 20000'],
    ['high within', { hconcat: [{ mark: 'bar', height: 4001 }] }, 400, 'height is 4001'],
    ['wide by a step', { mark: 'bar', width: { step: 5000 } }, 400, 'step is 5000'],
    [
      'wide by its settings',
      { mark: 'bar', config: { view: { continuousWidth: 1e9 } } },
      400,
      'continuousWidth',
    ],
    ['deep', { mark: 'bar', title: nested(70) }, 400, 'nested deeper than 60'],
    ['deep in its data', { mark: 'bar', data: { values: [nested(50_000)] } }, 400, 'nested deeper'],
    ['long', { mark: 'bar', data: { values: ['x'.repeat(1_000_001)] } }, 400, 'tool/too-large'],
    [
      'of Vega',
      { $schema: 'https://vega.github.io/schema/vega/v6.json', marks: [] },
      400,
      'Vega-Lite',
    ],
    ['of an unknown mark', { mark: 'bars' }, 400, 'mark "bars" is none of arc, area, bar'],
    ['of a mark without type', { layer: [{ mark: { color: 'red' } }] }, 400, 'mark null'],
    [
      'with data of the web',
      { data: { url: 'https://x.org/a.csv' }, mark: 'bar' },
      403,
      'https://x.org/a.csv',
    ],
    ['with data of any host', { data: { url: '//x.org/a.csv' }, mark: 'bar' }, 403, '//x.org'],
    [
      'with a file by its address',
      { data: { url: 'file:///etc/passwd' }, mark: 'bar' },
      403,
      'file:',
    ],
    [
      'with data as an address',
      { data: { url: 'data:text/csv,a' }, mark: 'bar' },
      403,
      'data:text',
    ],
    ['with space before an address', { data: { url: ' \tHTTP://x' }, mark: 'bar' }, 403, 'HTTP'],
    [
      'that looks up the web',
      { mark: 'bar', transform: [{ lookup: 'a', from: { data: { url: 'http://x/a.json' } } }] },
      403,
      'http://x',
    ],
    [
      'with a picture of the web',
      { mark: { type: 'image', url: 'http://x/a.png' } },
      403,
      'http://x/a.png',
    ],
    [
      'with a picture as a script',
      { mark: { type: 'image', url: 'javascript:alert(1)' } },
      403,
      'javascript',
    ],
  ])('that is %s is not drawn', (_, spec, status, message) => {
    expect(specProblem(spec)).toEqual({ status, message: expect.stringContaining(message) });
  });

  it('of any shape is looked at without an error', () => {
    const spec = fc.dictionary(
      fc.constantFrom('mark', 'url', 'data', 'width', 'a', '__proto__'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(spec, (one) => {
        specProblem(one as JsonObject);
        dataPlaces(one as JsonObject);
      }),
    );
  });
});
