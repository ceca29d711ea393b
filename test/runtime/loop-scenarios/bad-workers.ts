import { expect } from 'vitest';
import { complete, delegate, only } from '../../make.ts';
import { countingTool } from '../calling.ts';
import type { Played } from './play.ts';
import { calls, order, report, type Scenarios, writes } from './scenario.ts';

const mail = () => countingTool('mail.send', { idempotent: true });
const echo = () => countingTool('x.echo', { idempotent: true });
/** The highest confidence of a worker that the manager is shown. */
const surest =
  (most: number) =>
  ({ log }: Played): void => {
    const ends = only(log, 'agent.finished').filter(({ depth }) => depth > 0);
    expect(Math.max(...ends.map(({ data }) => data.confidence))).toBeLessThanOrEqual(most);
  };

/** Workers that do what they should not; the cost of each is bounded. */
export const BAD_WORKERS: Scenarios = {
  'a worker that lies about its confidence': {
    script: {
      manager: [delegate('a'), complete('not sure')],
      a: [calls(['x.none']), { summary: 'TODO', file: 'output/none.csv', confidence: 1 }],
    },
    ends: { status: 'complete' },
    holds: surest(0.4),
  },
  'a worker that floods its output': {
    script: {
      manager: [delegate('a'), complete('cut')],
      a: [
        {
          text: JSON.stringify(report('x', { rows: 'y'.repeat(5_000_000) })),
          usage: { input: 2000, output: 8000 },
        },
      ],
    },
    ends: { status: 'complete' },
    holds: ({ log }) =>
      expect(JSON.stringify(only(log, 'agent.finished')).length).toBeLessThan(1_000_000),
  },
  'a forbidden tool through a glob, and one that does not exist': {
    script: {
      manager: [
        delegate(order('a', { tools_allowed: ['mail.*', 'x.*', 'y.invented'] })),
        complete('no mail was sent'),
      ],
      a: [calls(['mail.send', { to: 'x' }], ['mail__send'], ['x.echo']), report('no mail')],
    },
    tools: () => [mail(), echo()],
    options: { tools: ['*.*'], forbiddenTools: ['mail.*'] },
    ends: { status: 'complete' },
    holds: ({ called }) => expect(called.filter((call) => call.includes('mail'))).toEqual([]),
  },
  'a worker that writes outside of its folder': {
    script: {
      manager: [delegate('a'), complete('nothing was written')],
      a: [
        calls(
          ['file.write', { path: '../escape.txt', content: 'x' }],
          ['file.write', { path: '/tmp/escape.txt', content: 'x' }],
          ['file.write', { path: 'output/../../escape.txt', content: 'x' }],
          ['file.write', { path: 'inputs/escape.txt', content: 'x' }],
        ),
        report('written'),
      ],
    },
    options: { budget: { parallel: 1 } },
    ends: { status: 'complete' },
    holds: (played) => {
      expect(played.state.artifacts.size).toBe(0);
      surest(0.4)(played);
    },
  },
  'a worker that never ends': {
    script: {
      manager: [delegate('a'), complete('it was ended')],
      a: [
        ({ last, rounds }) =>
          last.includes('Report now') ? report('still at it') : calls(['x.echo', { n: rounds }]),
      ],
    },
    tools: () => [echo()],
    options: { tools: ['x.*'] },
    ends: { status: 'complete' },
    holds: ({ log }) => expect(only(log, 'tool.returned').length).toBeLessThanOrEqual(15),
  },
  'a worker that does not even report': {
    script: {
      manager: [delegate('a'), complete('it was ended')],
      a: [({ rounds }) => calls(['x.echo', { n: rounds }])],
    },
    tools: () => [echo()],
    options: { tools: ['x.*'] },
    ends: { status: 'complete' },
    holds: ({ log }) => expect(only(log, 'model.responded').length).toBeLessThanOrEqual(20),
  },
  'a worker that takes the name of a file of another one': {
    script: {
      manager: [delegate('a', 'b'), complete('both are kept')],
      a: [writes('output/data.csv', 'n\n1\n'), report('one')],
      b: [writes('output/data.csv', 'n\n2\n'), report('two')],
    },
    options: { budget: { parallel: 1 } },
    ends: { status: 'complete' },
    holds: ({ state }) => expect(state.artifacts.size).toBe(2),
  },
};
