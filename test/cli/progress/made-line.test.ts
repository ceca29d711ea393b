import { describe, expect, it } from 'vitest';
import { endingText } from '../../../src/cli/progress/summary.ts';
import { styleFor } from '../../../src/cli/style.ts';
import type { CreatedTool } from '../../../src/events/creation.ts';
import { SampleLog } from '../sample-run.ts';

const tool = (name: string, origin: CreatedTool['origin'] = 'agent'): CreatedTool => ({
  ...{ name, description: 'x', parameters: {}, code: '', language: 'python', secrets: [] },
  ...{ namespace: 'stats', hash: name, creator: 'maker', origin, repairs: 0 },
  createdAt: '2026-11-22T08:00:00.000Z',
});

function ending(tools: readonly CreatedTool[], skills: readonly string[] = []): string {
  const log = new SampleLog().start().agent('0', {}).agent('1', {});
  for (const one of tools) log.add('tool.created', { call: one.name, tool: one }, { agent: '1' });
  for (const name of skills) {
    const skill = { ...tool(name), path: 'skills/a.md', sha256: 'a', origin: 'generated' };
    log.add('skill.created', { creator: 'manager', skill: skill as never }, { agent: '0' });
  }
  const style = styleFor({ terminal: false, env: () => 'C.UTF-8', noColor: true, os: 'linux' });
  return endingText({ state: log.state(), paths: [], style, home: undefined, next: [] });
}

describe('the line about what a run made', () => {
  it('names its tools and skills', () => {
    expect(ending([tool('stats.mean')], ['rates'])).toContain('made    stats.mean, skill rates\n');
  });

  it('leaves out tools that were there when it began', () => {
    expect(ending([tool('stats.mean', 'kept'), tool('stats.sum', 'project')])).not.toContain(
      'made',
    );
  });

  it('is bounded', () => {
    const many = Array.from({ length: 9 }, (_, index) => tool(`stats.t${index}`));
    expect(ending(many)).toMatch(/^made {4}stats\.t0, .*stats\.t5 and 3 more$/m);
  });
});
