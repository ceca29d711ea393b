import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { AgentWorkflow, resumeRun } from '../../src/data/agent-workflow.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { complete, delegate, temporaryFolder } from '../make.ts';

const CLEANING = '---\nname: cleaning\ndescription: How to clean.\n---\nCount first.\n';

describe('a run with skills', () => {
  it('gives a worker what the manager forwards, again from its own copy when it is resumed', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'cleaning.md'), CLEANING);
    const asked: string[] = [];
    const model = scriptedModel(({ messages }, call) => {
      asked.push(messages.map(({ text }) => text).join('\n'));
      if (call === 0)
        return delegate({ worker_id: 'a', instructions: 'Do it.', skills: ['cleaning'] });
      if (call === 1) return { summary: 'done', confidence: 0.9 };
      if (call === 2) return new AwpError('model/auth', 'the key was refused');
      if (call === 3)
        return delegate({ worker_id: 'b', instructions: 'More.', skills: ['cleaning'] });
      return call === 4 ? { summary: 'more', confidence: 0.9 } : complete();
    });
    const skills = [join(folder.path, 'cleaning.md')];
    const home = join(folder.path, '.awp');
    const first = await new AgentWorkflow({
      task: 'Do it',
      skills,
      home,
      model,
      tools: ['file.*'],
    }).run();
    expect(asked[0]).toContain('- cleaning: How to clean.');
    expect(asked[1]).toMatch(/name="cleaning" by="author">\nCount first\.\n<\/skill-/);
    writeFileSync(join(folder.path, 'cleaning.md'), 'Something else.');
    const again = await resumeRun(first.metadata.runId, { home, providers: [model] }).result;
    expect([first.status, again.status]).toEqual(['failed', 'complete']);
    expect(asked.join('\n')).not.toContain('Something else.');
    expect(asked.filter((text) => text.includes('\nCount first.\n'))).toHaveLength(2);
  });

  it('does not start with a skill that cannot be used', async () => {
    using folder = temporaryFolder();
    const options = { task: 'Do it', home: join(folder.path, '.awp'), model: scriptedModel([]) };
    const run = new AgentWorkflow({ ...options, skills: [join(folder.path, 'gone')] }).run();
    await expect(run).rejects.toMatchObject({ code: 'skill/not-found' });
  });
});
