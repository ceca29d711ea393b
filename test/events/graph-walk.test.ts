import { describe, expect, it } from 'vitest';
import { resultSchema } from '../../src/data/result-schema.ts';
import { skipReason, walkNodes } from '../../src/events/graph-walk.ts';
import { resultJson, resultOf } from '../../src/events/result.ts';
import { busyGraphLog, halfwayLog, SampleGraphLog } from '../cli/sample-run.ts';
import { planGraph } from '../runtime/graphs.ts';

const inner = planGraph({ look: { agent: 'look' }, write: { agent: 'write' } });

/** A graph with a fan-out of sub-workflows, of which two items have started. */
function instances(): SampleGraphLog {
  const fanOut = { source: 'list', variable: 'item', maxParallel: 2 };
  return new SampleGraphLog()
    .begin(planGraph({ each: { kind: 'subworkflow', graph: inner, fanOut }, end: {} }))
    .of('fanout.started', { node: 'each', count: 3 })
    .node('1', { id: 'each', instance: 0 }, { role: 'graph', name: 'each' })
    .node('1.2', { id: 'each', instance: 1 }, { role: 'graph', name: 'each-2' });
}

describe('the nodes of a run', () => {
  const paths = (log: SampleGraphLog): string[] =>
    [...walkNodes(log.state())].map(({ path }) => path);

  it('have paths from the outermost graph down, each graph in its order', () => {
    expect(paths(busyGraphLog())).toEqual([
      ...['planner', 'research', 'readers', 'editor', 'weather', 'weather/look', 'weather/author'],
      ...['crew', 'checks', 'alarm', 'extra', 'writer'],
    ]);
  });

  it('have the number of the instance in the path of a fan-out', () => {
    expect(paths(instances())).toEqual([
      'each',
      ...['each[0]/look', 'each[0]/write', 'each[1]/look', 'each[1]/write'],
      'end',
    ]);
  });

  it('are none in a delegation loop', () => {
    expect([...walkNodes(halfwayLog().state())]).toEqual([]);
  });

  it.each([
    ['disabled', { enabled: false }, 'it is switched off'],
    ['disabled', { enabled: 'state.on' }, 'it is switched off: state.on'],
    ['condition', { when: 'state.x > 1' }, 'its condition is not met: state.x > 1'],
    ['dependency', { after: ['a', 'b'] }, 'no way that leads here was taken (a, b)'],
    ['upstream_failed', { after: ['a', 'b'] }, 'b failed'],
    ['upstream_failed', {}, 'what stands before it failed'],
    ['stopped', {}, 'the run ended before it could start'],
  ] as const)('that were skipped say why: %s %j', (reason, more, words) => {
    const failure = { code: 'step/failed', message: 'no', action: 'continue' } as const;
    const log = new SampleGraphLog()
      .begin(planGraph({ a: {}, b: {}, c: more }))
      .of('node.failed', { node: 'b', ...failure })
      .of('node.skipped', { node: 'c', reason, message: '' });
    const graph = log.state().graphs.get('0');
    const node = graph?.nodes.get('c');
    expect(graph && node && skipReason(node, graph)).toBe(words);
  });
});

describe('the result of a graph', () => {
  const result = resultOf(busyGraphLog().state(), '/files');

  it('says of each node how it stands', () => {
    expect(result.nodes).toMatchObject({
      planner: { status: 'finished', runs: 1 },
      research: { status: 'running', runs: 1 },
      readers: { status: 'running', instances: { count: 40, ended: 12, failed: 1 } },
      editor: { status: 'running', rounds: 1 },
      'weather/look': { status: 'finished' },
      checks: { status: 'failed', code: 'step/failed', reason: 'no table\u001b[2J' },
      alarm: { status: 'skipped', reason: 'checks failed' },
      writer: { status: 'waiting', runs: 0 },
    });
  });

  it('says what is a kept result, and forgets that when the node is tried anew', () => {
    const failure = { code: 'model/down', message: 'it is down' };
    const log = new SampleGraphLog().begin(planGraph({ a: { agent: 'a' }, b: {} }));
    log
      .node('1', { id: 'a' })
      .failed('1', 'model/down', 'it is down')
      .of('node.degraded', {
        ...{ node: 'a', fallback: 'cached_results', ageMs: 7000, output: { n: 1 }, ...failure },
      });
    const nodes = (): unknown => {
      const json = resultJson(resultOf(log.state(), '/files'));
      expect(resultSchema.safeParse(json).error).toBeUndefined();
      return json.nodes;
    };
    expect(nodes()).toMatchObject({ a: { status: 'running', cached: { ageMs: 7000 } } });
    log.of('node.failed', { node: 'a', action: 'stop', ...failure });
    log.add('run.finished', { status: 'failed', text: '', result: {} });
    log
      .add('run.resumed', { abandoned: [], version: '1.2.3' })
      .add('run.reopened', { reason: 'failed' }, { agent: '0' });
    expect(nodes()).toMatchObject({ a: { status: 'ready', runs: 1 } });
    expect(nodes()).not.toHaveProperty('a.cached');
  });

  it('fits its schema as JSON, and that of a loop has no nodes', () => {
    expect(resultSchema.safeParse(resultJson(result)).error).toBeUndefined();
    expect(resultJson(result).nodes).toEqual(result.nodes);
    expect(resultOf(halfwayLog().state(), '/files')).not.toHaveProperty('nodes');
  });
});
