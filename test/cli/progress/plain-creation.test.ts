import { describe, expect, it } from 'vitest';
import { plainProgress } from '../../../src/cli/progress/plain.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import type { CreatedTool } from '../../../src/events/creation.ts';
import type { CreationEventData } from '../../../src/events/creation-events.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import { fakeStream } from '../fake-shell.ts';
import { SampleLog } from '../sample-run.ts';

const tool: CreatedTool = {
  ...{ name: 'stats.mean', description: 'x', parameters: {}, code: '', language: 'python' },
  ...{ secrets: [], namespace: 'stats', hash: 'h', creator: 'profile', origin: 'agent' },
  ...{ createdAt: '2026-11-22T08:00:00.000Z', repairs: 0 },
};
const problem: CreationEventData['tool.refused']['problem'] = {
  ...{ stage: 'lint', status: 403, category: 'import', repairable: true },
  ...{ error: 'no \u001b[31m os\nhere', hint: 'do without' },
};
const refused = { name: 'stats.x', attempts: 0, problem };
const skill = { name: 'rates', description: 'x', path: 'skills/rates.md', sha256: 'a' };
const proposal = {
  ...{ name: 'dynamic.induced_ab12', description: 'x', parameters: {}, code: '' },
  ...{ language: 'python' as const, secrets: [], shape: 'f'.repeat(16), workers: ['a', 'b', 'c'] },
};

/** The lines for one fact, of the worker or of the run. */
function lines<T extends keyof CreationEventData>(
  type: T,
  data: CreationEventData[T],
  agent?: string,
): string[] {
  const log = new SampleLog().start().agent('1', {});
  const before = log.events.length;
  log.add(type, data as never, agent === undefined ? {} : { agent });
  const stream = fakeStream();
  const progress = plainProgress(stream, fixedClock());
  const state = emptyState(log.run);
  for (const [index, event] of log.events.entries()) {
    fold(state, event);
    if (index >= before) progress.event(event, state);
  }
  progress.close();
  return stream
    .text()
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [line.replace(/^\[[^\]]*\] /, '')]));
}

describe('lines for tools and skills that are made', () => {
  it.each<[string[], string]>([
    [lines('tool.created', { call: 'c', tool }, '1'), '1 profile made the tool stats.mean'],
    [
      lines('tool.created', { call: 'c', tool: { ...tool, repairs: 1 } }, '1'),
      '1 profile made the tool stats.mean, repaired once',
    ],
    [
      lines('tool.created', { call: 'c', tool: { ...tool, repairs: 2 } }, '1'),
      '1 profile made the tool stats.mean, repaired 2 times',
    ],
    [
      lines('tool.created', { tool: { ...tool, origin: 'kept' } }),
      'tool stats.mean of an earlier run is there',
    ],
    [
      lines('tool.created', { tool: { ...tool, origin: 'project' } }),
      'tool stats.mean of the project is there',
    ],
    [
      lines('tool.refused', { call: 'c', origin: 'agent', ...refused }, '1'),
      '1 profile: tool stats.x refused (lint, 403): no \\x1b[31m os here',
    ],
    [
      lines('tool.refused', { origin: 'project', ...refused }),
      "the project's tool stats.x refused (lint, 403): no \\x1b[31m os here",
    ],
    [
      lines('tool.refused', { origin: 'kept', ...refused }),
      'kept tool stats.x refused (lint, 403): no \\x1b[31m os here',
    ],
    [
      lines('tool.removed', { call: 'c', name: 'stats.mean' }, '1'),
      '1 profile took the tool stats.mean away',
    ],
    [
      lines('tool.proposed', { proposal }),
      '3 workers ran the same program: proposed as the tool dynamic.induced_ab12',
    ],
    [
      lines('skill.created', { creator: 'manager', skill: skill as never }, '0'),
      'manager wrote the skill rates',
    ],
    [
      lines('skill.refused', { name: 'ra\nte', creator: 'manager', problems: ['a', 'b'] }, '0'),
      'skill ra te of manager refused: a; b',
    ],
  ])('%j', (said, line) => {
    expect(said).toEqual([line]);
  });

  it.each<[string, string[]]>([
    [
      'a draft',
      lines('tool.drafted', {
        ...{ call: 'c', name: 'stats.x', attempt: 0, hash: 'h', language: 'python' },
      }),
    ],
    [
      'a check that went well',
      lines('tool.checked', {
        ...{ call: 'c', name: 'stats.x', attempt: 0, stage: 'lint', ok: true, ms: 1 },
      }),
    ],
    ['one from the cache', lines('tool.cached', { call: 'c', name: 'stats.x', hash: 'h' })],
  ])('%s is worth none', (_, said) => {
    expect(said).toEqual([]);
  });
});
