import { expect } from 'vitest';
import { builtinTools } from '../../../src/tools/index.ts';
import { complete, delegate, only } from '../../make.ts';
import { countingTool } from '../calling.ts';
import { programBox } from '../program-box.ts';
import { calls, order, report, type Scenarios, sub } from './scenario.ts';

const FOREVER = 10_000_000;
const echo = () => countingTool('x.echo', { idempotent: true });

/** Workers that are bound by their orders. */
export const WORKERS: Scenarios = {
  'a worker whose time is over may only report': {
    script: {
      manager: [delegate(order('a', { timeout: 60 }), 'b'), complete('in time')],
      a: [
        ({ last }) =>
          last.includes('Report now')
            ? report('what there was')
            : { text: 'never', delayMs: FOREVER },
      ],
    },
    clock: true,
    ends: { status: 'complete' },
    countsCrashes: true,
  },
  'a tool that must be called and is not': {
    script: {
      manager: [
        delegate(order('a', { required_tool_invocations: ['x.echo'] })),
        complete('not sure'),
      ],
      a: [report('done without it')],
    },
    tools: () => [echo()],
    options: { tools: ['x.*'] },
    ends: { status: 'complete' },
  },
  'a program that calls tools from its box': {
    script: {
      manager: [delegate('a'), complete('it ran')],
      a: [calls(['code.execute', { language: 'javascript', code: 'add' }]), report('three')],
    },
    tools: () => builtinTools,
    box: () =>
      programBox({ add: async (call) => (await call('arithmetic.add', { a: 1, b: 2 })).data }),
    ends: { status: 'complete' },
  },
  'a board that workers and the runtime write on': {
    script: {
      manager: [delegate('a'), delegate('b'), complete('with signals')],
      a: [calls(['board.post', { topic: 'rows', payload: { rows: 12 } }]), report('twelve rows')],
      b: [calls(['board.read', { topic: 'rows' }]), report('I read of twelve')],
    },
    options: { policy: { board: true }, tools: ['board.*'] },
    ends: { status: 'complete' },
  },
  'digests of turns, and of sub-managers': {
    script: {
      manager: [delegate('a'), delegate(sub('s')), complete('digested')],
      s: [delegate('w'), complete('s is done')],
    },
    options: { policy: { digest: true, journal: true, phases: true } },
    ends: { status: 'complete' },
  },
  'a rate of model calls that is kept': {
    script: { manager: [delegate('a', 'b', 'c'), complete('one after the other')] },
    options: { policy: { callsPerMinute: 2 } },
    clock: true,
    ends: { status: 'complete' },
    holds: ({ log }) => {
      const workers = only(log, 'model.asked').filter(({ depth }) => depth === 1);
      const [first, , third] = workers.map(({ ts }) => Date.parse(ts));
      expect(Number(third) - Number(first)).toBeGreaterThanOrEqual(60_000);
    },
  },
  'two workers of one name': {
    script: { manager: [delegate('a', 'a'), delegate('a'), complete('three')] },
    ends: { status: 'complete' },
    holds: ({ log }) => {
      const names = only(log, 'agent.started').map(({ data }) => data.name);
      expect(new Set(names).size).toBe(names.length);
    },
  },
};
