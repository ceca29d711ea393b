import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildKit } from '../../scripts/kit.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import type { ToolContext, ToolResult } from '../../src/ports/tool.ts';
import { decodePng } from '../kit/png.ts';
import { nothingKept } from '../make.ts';
import { openBox } from '../sandboxes/boxes.ts';
import { openDeno } from '../sandboxes/deno-box.ts';
import { openQuickjs } from '../sandboxes/quickjs-box.ts';
import { type Bench, makeBench } from './bench.ts';

const BOXES: readonly [string, () => Promise<Sandbox>][] = [
  ['bwrap', () => openBox('bwrap')],
  ['jail', () => openBox('jail')],
  ['deno', openDeno],
  ['quickjs', openQuickjs],
];

const quantitative = (field: string): JsonObject => ({ field, type: 'quantitative' });
const BAR: JsonObject = {
  title: 'Größe',
  data: {
    values: [
      { city: 'Rome', n: 3 },
      { city: 'Oslo', n: 5 },
    ],
  },
  mark: { type: 'bar', color: '#b22222' },
  encoding: { x: { field: 'city', type: 'nominal' }, y: quantitative('n') },
};
const LINE: JsonObject = {
  data: { url: 'months.csv' },
  mark: 'line',
  encoding: { x: { field: 'month', type: 'temporal' }, y: quantitative('sales') },
};
const LAYERS: JsonObject = {
  data: { name: 'shared/points.json' },
  layer: [
    { mark: 'point', encoding: { x: quantitative('x'), y: quantitative('y') } },
    {
      data: { url: 'output/line.ndjson' },
      mark: { type: 'line', color: '#0000ff' },
      encoding: { x: quantitative('x'), y: quantitative('y') },
    },
  ],
};

let bench: Bench;
beforeAll(async () => {
  await buildKit();
});
beforeEach(() => {
  bench = makeBench();
  bench.put('inputs/months.csv', 'month;sales\n2024-01-01;3\n2024-02-01;5,5\n2024-03-01;4\n');
  bench.put('shared/points.json', '{"x":[1,2,3],"y":[2,4,5]}');
  bench.put('output/line.ndjson', '{"x":1,"y":1}\n{"x":3,"y":5}\n');
});
afterEach(() => bench.clear());

interface Drawn {
  file: string;
  format: string;
  bytes: number;
  width: number;
  height: number;
  warnings: string[];
}
const drawnOf = ({ data }: ToolResult) => data as unknown as Drawn;
const POLICY = { ...sandboxPolicy(), timeoutMs: 60_000 };

function render(
  box: Sandbox,
  spec: Json,
  more: JsonObject = {},
  context: Partial<ToolContext> = {},
) {
  const given = { sandbox: async () => box, sandboxPolicy: POLICY, timeoutMs: 60_000, ...context };
  return bench.call('chart.render', { spec, ...more }, given);
}

async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(readFileSync(join(bench.folder, path)));
}

const firstBytes = new Map<string, string>();
/** A chart has the same bytes in every box. */
function sameAsBefore(name: string, bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('base64');
  const before = firstBytes.get(name) ?? text;
  firstBytes.set(name, before);
  return before === text;
}

describe.each(BOXES)('chart.render in %s', (_, open) => {
  let box: Sandbox;
  beforeAll(async () => {
    box = await open();
  }, 120_000);
  afterAll(async () => {
    await box?.close();
  });

  it('draws bars as a PNG', { timeout: 120_000 }, async () => {
    const result = await render(box, BAR);
    expect(result).toMatchObject({ ok: true, status: 200 });
    const { file, format, bytes, width, height, warnings } = drawnOf(result);
    const picture = await bytesOf(file);
    expect([file, format, warnings]).toEqual(['output/chart.png', 'png', []]);
    const png = decodePng(picture);
    expect([bytes, width, height]).toEqual([picture.length, png.width, png.height]);
    expect(png.count(0xb2, 0x22, 0x22)).toBeGreaterThan(5000);
    expect(sameAsBefore('bars', picture)).toBe(true);
  });

  it('draws a line from a file as an SVG', { timeout: 120_000 }, async () => {
    const result = await render(box, LINE, { file: 'output/charts/line.svg' });
    expect(result).toMatchObject({
      ok: true,
      data: { file: 'output/charts/line.svg', warnings: [] },
    });
    const { width, height } = drawnOf(result);
    const picture = await bytesOf('output/charts/line.svg');
    const svg = new TextDecoder().decode(picture);
    expect(svg).toMatch(new RegExp(`^<svg [^>]*width="${width}" height="${height}"`));
    expect(svg).toContain('aria-roledescription="line mark"');
    expect(sameAsBefore('line', picture)).toBe(true);
  });

  it('draws layers with data of several files', { timeout: 120_000 }, async () => {
    const result = await render(box, LAYERS, { file: 'layers', format: 'png' });
    expect(result).toMatchObject({ ok: true, data: { file: 'output/layers.png' } });
    const picture = await bytesOf('output/layers.png');
    expect(decodePng(picture).count(0, 0, 255)).toBeGreaterThan(200);
    expect(sameAsBefore('layers', picture)).toBe(true);
  });

  it('says why a spec cannot be drawn', { timeout: 120_000 }, async () => {
    const broken = { ...BAR, transform: [{ calculate: '(((', as: 'x' }] };
    expect(await render(box, broken)).toMatchObject({
      ...{ ok: false, status: 400 },
      error: expect.stringMatching(/^the chart cannot be drawn: \S/),
    });
  });
});

describe('chart.render', () => {
  let box: Sandbox;
  beforeAll(async () => {
    box = await openBox('none');
  });
  afterAll(async () => {
    await box.close();
  });

  it('draws the same bytes twice', async () => {
    const one = await render(box, BAR, { file: 'a.png' });
    const two = await render(box, BAR, { file: 'a.png' });
    expect(two).toEqual(one);
    await render(box, BAR, { file: 'b.png' });
    expect(await bytesOf('output/b.png')).toEqual(await bytesOf('output/a.png'));
  });

  it('keeps only the picture that was asked for', async () => {
    await render(box, BAR, { file: 'only.svg' });

    expect(readdirSync(join(bench.folder, 'output')).sort()).toEqual(['line.ndjson', 'only.svg']);
  });

  it('warns of a field that the data does not have', async () => {
    const spec = {
      ...BAR,
      encoding: { x: { field: 'town', type: 'nominal' }, y: quantitative('n') },
    };
    expect(drawnOf(await render(box, spec)).warnings).toEqual([
      'there is no field "town" in the data; it has city, n',
    ]);
  });

  it('reads data as the spec wants it', async () => {
    bench.put('inputs/odd.csv', 'a:b\n1:2\n3:4\n');
    bench.put('inputs/deep.json', '{"found":{"rows":[{"a":1,"b":2},{"a":3,"b":4}]}}');
    const marks = { mark: 'point', encoding: { x: quantitative('a'), y: quantitative('b') } };
    const count = async (data: JsonObject) => {
      const result = await render(box, { data, ...marks }, { file: 'p.svg' });
      expect(result).toMatchObject({ ok: true });
      const svg = new TextDecoder().decode(await bytesOf('output/p.svg'));
      return svg.match(/aria-roledescription="point"/g)?.length;
    };
    expect(await count({ url: 'odd.csv', format: { type: 'dsv', delimiter: ':' } })).toBe(2);
    expect(await count({ url: 'inputs/deep.json', format: { property: 'found.rows' } })).toBe(2);
  });

  it('says that a large PNG is drawn smaller, and refuses what is larger than any picture', async () => {
    const facets = (count: number) => ({
      data: { sequence: { start: 0, stop: count } },
      facet: { field: 'data', type: 'nominal' },
      spec: { mark: 'point', width: 3000, height: 50 },
    });
    const large = await render(box, facets(2));
    expect(large).toMatchObject({ ok: true, data: { width: 4096 } });
    expect(drawnOf(large).warnings).toEqual([expect.stringContaining('drawn smaller')]);
    expect(await render(box, facets(8), { file: 'c.svg' })).toMatchObject({
      ...{ ok: false, status: 400 },
      error: expect.stringMatching(/^the chart would have \d+ x \d+ pixels/),
    });
  });

  it.each<[string, JsonObject, JsonObject, number, string]>([
    ['an unknown file', { ...LINE, data: { url: 'nix.csv' } }, {}, 404, 'inputs/months.csv'],
    ['a file outside', { ...LINE, data: { url: '../x.csv' } }, {}, 403, 'leaves its folder'],
    ['an absolute path', { ...LINE, data: { url: '/etc/passwd' } }, {}, 403, 'must be relative'],
    ['data of the web', { ...LINE, data: { url: 'https://x.org/a' } }, {}, 403, 'https://x.org/a'],
    ['a wide canvas', { ...BAR, width: 20_000 }, {}, 400, 'width is 20000'],
    ['no spec at all', { foo: 1 }, {}, 400, 'Invalid specification'],
    [
      'a file that is no table',
      { ...LINE, data: { url: 'broken.json' } },
      {},
      400,
      'inputs/broken.json cannot be read',
    ],
    ['a picture of another kind', BAR, { file: 'a.jpg' }, 400, 'must end with .png or .svg'],
    ['no name', BAR, { file: 'output' }, 400, 'must end with'],
    ['a name of the other format', BAR, { file: 'a.svg', format: 'png' }, 400, '.png'],
    ['a name among the inputs', BAR, { file: 'inputs/a.png' }, 403, 'only files below output/'],
    ['a name outside', BAR, { file: '../a.png' }, 403, 'leaves its folder'],
  ])('given %s', async (_, spec, more, status, error) => {
    bench.put('inputs/broken.json', '{"a":');
    const result = await render(box, spec, more);
    expect([result.status, result.error ?? '']).toEqual([status, expect.stringContaining(error)]);
  });

  it('ends with its box when a spec asks for more than there is', async () => {
    const bwrap = await openBox('bwrap');
    const spec = { data: { sequence: { start: 0, stop: 1e9 } }, mark: 'point' };
    const sandboxPolicy = { ...POLICY, timeoutMs: 3000, memoryMb: 256 };
    const { ok, status, error } = await render(bwrap, spec, {}, { sandboxPolicy });
    await bwrap.close();
    expect([ok, [400, 408].includes(status), error]).toEqual([
      ...[false, true, expect.stringContaining('drawing was stopped')],
    ]);
  });

  it('tells of an address that it did not load', async () => {
    const said: unknown[] = [];
    const denied = (reason: string, kind?: string) => void said.push([reason, kind]);
    await render(box, { ...LINE, data: { url: 'http://10.0.0.1/a' } }, {}, { denied });
    expect(said).toEqual([[expect.stringContaining('http://10.0.0.1/a'), 'input.refused']]);
  });

  it('is unavailable in a box that has no JavaScript', async () => {
    const python = box.languages.map((entry) => ({ ...entry, language: 'python' as const }));
    expect(await render({ ...box, languages: python.slice(0, 1) }, BAR)).toMatchObject({
      ...{ ok: false, status: 503 },
      error: expect.stringContaining('tool/not-configured: charts are drawn by JavaScript'),
    });
  });

  it.each<[string, Partial<Execution>, number, string]>([
    ['is stopped in time', { stopped: 'timeout' }, 408, 'stopped after 59.5 s'],
    ['has no memory left', { stopped: 'memory' }, 400, 'its memory'],
    ['has no data kit', { exitCode: 1, stderr: "Cannot find package 'kit'" }, 503, 'data kit'],
    ['crashes', { exitCode: 1, stderr: 'Segmentation fault' }, 500, 'could not be drawn'],
    ['says something else', { stdout: '"x"' }, 500, 'could not be drawn'],
    ['hands nothing back', { stdout: '{"warnings":[]}' }, 500, 'no picture'],
    [
      'hands something else back',
      {
        stdout: '{"warnings":[]}',
        files: [{ path: 'drawn/picture.png', bytes: new Uint8Array(50) }],
      },
      500,
      'no picture',
    ],
  ])('whose program %s fails in words', async (_, ended, status, error) => {
    const result = await render(answering(ended), BAR);
    expect([result.status, result.error]).toEqual([status, expect.stringContaining(error)]);
  });

  it('gives a spec to the program as data, with only the files that it needs', async () => {
    const asked: SandboxJob[] = [];
    bench.put('output/other.txt', 'x');
    const title = '`$' + '{process.exit()}` \'"\u2028</script>';
    await render(answering({}, asked), { ...LAYERS, title });
    const [job] = asked;
    expect(job?.language).toBe('javascript');
    expect(job?.output.map(({ path }) => path)).toEqual(['line.ndjson']);
    expect(job?.tools).toBeUndefined();
    const drawn = await render(box, { ...BAR, title }, { file: 't.svg' });
    expect(drawn).toMatchObject({ ok: true });
    expect(new TextDecoder().decode(await bytesOf('output/t.svg'))).toContain('{process.exit()}');
  });

  it('is not drawn after the call is over', async () => {
    const stop = new AbortController();
    const given: Sandbox = {
      ...answering({}),
      run: async (job, signal) => {
        stop.abort(new Error('enough'));
        expect(signal.aborted).toBe(true);
        return await answering({ stdout: '{"warnings":[]}' }).run(job, signal);
      },
    };
    await expect(render(given, BAR, {}, { signal: stop.signal })).rejects.toThrow('enough');
  });
});

/** A box that answers as told and keeps what it was asked. */
function answering(answer: Partial<Execution>, asked: SandboxJob[] = []): Sandbox {
  const done: Execution = {
    ...{ exitCode: 0, stdout: '', stderr: '', limits: [], files: [], notes: [], ms: 1 },
    ...answer,
  };
  return {
    name: 'none',
    isolation: 'none',
    languages: [{ language: 'javascript', description: 'Node' }],
    run: async (job) => {
      asked.push(job);
      return done;
    },
    ...nothingKept,
  };
}
