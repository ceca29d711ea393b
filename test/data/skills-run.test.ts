import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { AgentWorkflow, resumeRun } from '../../src/data/agent-workflow.ts';
import { forkRun } from '../../src/data/fork-run.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { askedBy, complete, delegate, temporaryFolder } from '../make.ts';
import { skillText } from '../runtime/skills/skill-texts.ts';

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

describe('a skill that a manager writes', () => {
  it('is there in a fork of the run, which has a text of its own', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const prompts: string[] = [];
    const model = scriptedModel((request) => {
      const text = request.messages.map((one) => one.text).join('\n');
      if (askedBy(request) !== 'manager') {
        prompts.push(text);
        return { summary: 'done', confidence: 0.9 };
      }
      const turn = text.split('## Results of turn').length;
      const skills = turn === 1 ? [skillText('rates')] : ['rates'];
      if (turn > 2) return complete();
      return delegate({ worker_id: `w${turn}`, instructions: `do ${turn}`, skills });
    });
    const options = { task: 'Do it', home, model };
    const { metadata } = await new AgentWorkflow(options).run();
    const how = { home, providers: [model], from: { loop: 2 } };
    const forked = await forkRun(metadata.runId, { ...how, runId: 'r-fork' }).result;
    expect(forked.status).toBe('complete');
    expect(prompts).toHaveLength(3);
    for (const prompt of prompts) expect(prompt).toMatch(/name="rates" by="manager">/);
    const texts = (run: string): string[] =>
      readdirSync(join(home, 'runs', run, 'skills/generated'));
    expect(texts('r-fork')).toEqual(texts(metadata.runId));

    rmSync(join(home, 'runs', metadata.runId, 'skills'), { recursive: true });
    const lost = forkRun(metadata.runId, { ...how, runId: 'r-lost' }).result;
    await expect(lost).rejects.toMatchObject({ code: 'skill/not-found' });
  });
});
