import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHome } from '../src/data/home.ts';
import { nodeEffects } from '../src/effects/index.ts';
import type { RunEvent } from '../src/events/event.ts';
import { logOf, only, temporaryFolder } from './make.ts';

const EXAMPLES = resolve(import.meta.dirname, '../examples');

/** What the program of an example says, and the events of the run that it names in the end. */
interface Shown {
  said: string[];
  events: RunEvent[];
}

/** Runs the program of an example as a process of its own, in the strongest box of this machine. */
async function shown(example: string, folder: string): Promise<Shown> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(LLM_|AWP_)/.test(name));
  const home = join(folder, '.awp');
  const env = { ...Object.fromEntries(kept), AWP_HOME: home, AWP_CONFIG_HOME: folder };
  const program = join(EXAMPLES, example, 'run.ts');
  const options = { cwd: folder, env, encoding: 'utf8', timeout: 240_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], options);
  expect(status, stdout + stderr).toBe(0);
  const said = stdout.trimEnd().split('\n');
  const id = /^awp tools \w+ (r-\w+)/.exec(said.at(-1) ?? '')?.[1] ?? '';
  const { store, close } = await openHome({ home, cwd: folder, effects: nodeEffects() });
  try {
    return { said, events: await logOf(store, id) };
  } finally {
    await close();
  }
}

function eachOf(example: string): { run(): Shown } {
  const folder = temporaryFolder();
  const found: { shown?: Shown } = {};
  beforeAll(async () => {
    found.shown = await shown(example, folder.path);
  }, 240_000);
  afterAll(() => folder[Symbol.dispose]());
  return {
    run: () => {
      if (!found.shown) throw new Error(`${example} was not run`);
      return found.shown;
    },
  };
}

/** Tools that were called, with the status of what they gave back; those for making tools left out. */
function calls({ events }: Shown): (string | number)[][] {
  return only(events, 'tool.returned')
    .filter(({ data }) => !/^(tools|code)\./.test(data.tool))
    .map(({ data }) => [data.tool, data.status]);
}

const madeIn = ({ events }: Shown): string[] =>
  only(events, 'tool.created').map(({ data }) => data.tool.name);

describe('scoring-library', () => {
  const { run } = eachOf('scoring-library');

  it('one program of the builder makes both tools and tries one', () => {
    const { events } = run();
    expect(madeIn(run())).toEqual(['scoring.robust_z', 'scoring.quality']);
    const [derived] = only(events, 'calls.derived');
    expect(derived?.data).toMatchObject({ from: 'code_block', calls: [{ name: 'code.solve' }] });
    const asked = only(events, 'model.asked');
    const builders = asked.filter(({ data }) => data.tools.length === 0);
    expect(builders.length).toBeGreaterThanOrEqual(1);
  });

  it('others use them, and what they find is right', () => {
    expect(calls(run())).toEqual([
      ['scoring.robust_z', 200],
      ['scoring.robust_z', 200],
      ['scoring.quality', 200],
      ['scoring.quality', 200],
    ]);
    const { said } = run();
    // Of eight readings one is an outlier, or a gap.
    const found = { analyst: { outlier: 19.5, quality: 7 / 8 } };
    expect(JSON.parse(said[0]?.replace(/^complete: /, '') ?? '')).toMatchObject({
      ...found,
      review: { summary: 'The second row has a quality of 0.875.' },
    });
    expect(said.slice(1, 3)).toEqual([
      'scoring.robust_z, made by builder: 2 calls, 1 of them by others',
      'scoring.quality, made by builder: 2 calls, 2 of them by others',
    ]);
  });
});

describe('network-tool', () => {
  const { run } = eachOf('network-tool');

  it('the tool reaches the host of the list, with a key that it never sees', () => {
    const { said } = run();
    expect(said).toContain('the key is in the log: false');
    expect(said).toContain('a person is asked about feeds.readings');
    expect(said).toContain('feeds.readings: 200 {"readings":[1.2,3.4,2.5]}');
    expect(said).toContain('complete: The highest reading is 3.4 m.');
  });

  it('the one that wants another host gets nothing', () => {
    expect(madeIn(run())).toEqual(['feeds.readings', 'feeds.mirror']);
    expect(calls(run())).toEqual([
      ['feeds.readings', 200],
      // Boxes say it in their own way.
      ['feeds.mirror', expect.toBeOneOf([403, 500])],
    ]);
    expect(run().said).toContain('the gauge was asked 1 times, the other server 0 times');
  });
});

describe('refused-escape', () => {
  const { run } = eachOf('refused-escape');

  it('each draft that can be seen through is refused, with one event', () => {
    const refused = only(run().events, 'tool.refused').map(({ data: { name, problem } }) => [
      name,
      problem.status,
      problem.category,
      problem.hint !== '',
    ]);
    expect(refused).toEqual([
      ['sums.system', 403, 'import', true],
      ['sums.maker', 403, 'forbidden_construct', true],
      ['sums.sender', 403, 'forbidden_construct', true],
      ['file.write', 403, 'policy', true],
    ]);
  });

  it('the one that hides it is held by its box, and the run goes on', () => {
    const { said } = run();
    expect(said).toContain('sums.hidden: 200 {"total":275,"sent":false}');
    expect(said).toContain('the server was asked 0 times');
    expect(said).toContain('complete: 275 were delivered.');
    expect(madeIn(run())).toEqual(['sums.hidden', 'sums.total']);
  });
});

describe('repaired-tool', () => {
  const { run } = eachOf('repaired-tool');

  it('the first draft fails in its trial, the second goes the whole way again', () => {
    const stages = only(run().events, 'tool.checked').map(({ data }) => {
      return `${data.attempt} ${data.stage}${data.ok ? '' : ' failed'}`;
    });
    const all = ['policy', 'source', 'schema', 'signature', 'lint', 'placeholder'];
    expect(stages).toEqual([
      ...all.map((stage) => `0 ${stage}`),
      '0 dry_run failed',
      '0 repair',
      ...[...all, 'dry_run', 'registration'].map((stage) => `1 ${stage}`),
    ]);
    const drafts = only(run().events, 'tool.drafted').map(({ data }) => data.source);
    expect(drafts).toEqual([expect.any(String), expect.stringContaining('nobody waited')]);
  });

  it('it is used once it is repaired', () => {
    expect(calls(run())).toEqual([['waiting.middle', 200]]);
    const { said } = run();
    expect(said).toContain('made waiting.middle after 1 repair');
    expect(said).toContain('complete: Half of all wait for 5 minutes or less.');
    const repairers = only(run().events, 'agent.started').filter(
      ({ data }) => data.role === 'repairer',
    );
    expect(repairers).toHaveLength(1);
  });
});

describe('reuse', () => {
  const { run } = eachOf('reuse');

  it('the second run uses what the first one made, and the third what a person promoted', () => {
    expect(run().said.slice(0, 4)).toEqual([
      'first run: complete, 23,32,68 °F; 1 made; weather.fahrenheit is of agent',
      'second run: complete, 23,32,68 °F; 0 made; weather.fahrenheit is of kept',
      'promoted by a person',
      'third run, of another home: complete, 23,32,68 °F; 0 made; weather.fahrenheit is of project',
    ]);
    const { events } = run();
    expect(only(events, 'tool.drafted')).toEqual([]);
    expect(only(events, 'tool.created')).toMatchObject([{ data: { tool: { origin: 'kept' } } }]);
    expect(calls(run())).toEqual([['weather.fahrenheit', 200]]);
  });
});
