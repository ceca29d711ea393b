import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AgentWorkflow, resumeRun } from '../../src/index.ts';
import { memoryStore, scriptedModel } from '../../src/testing.ts';
import { complete, delegate, temporaryFolder } from '../make.ts';

/** A manager with one worker, who writes one file. */
function writer() {
  const answers = [delegate({ worker_id: 'a', instructions: 'Write' })];
  return scriptedModel((request) => {
    if (request.headers['x-awp-role'] === 'manager') return answers.shift() ?? complete('end');
    const hasWritten = request.messages.some(({ role }) => role === 'tool');
    if (hasWritten) return { summary: 'written', confidence: 1 };
    return { toolCalls: [{ name: 'file.write', args: { path: 'output/a.txt', content: 'a' } }] };
  });
}

it('files that cannot be copied to the folder of the user are told of, and are not lost', async () => {
  using folder = temporaryFolder();
  const store = memoryStore({ folder: folder.path });
  const model = writer();
  const taken = join(folder.path, 'taken');
  writeFileSync(taken, 'a file, so nothing can be below it');
  const options = { task: 'Write', model, tools: ['file.write'], store };
  const handle = new AgentWorkflow({ ...options, outputDir: join(taken, 'out') }).start();
  await expect(handle.result).rejects.toMatchObject({
    code: 'usage/not-writable',
    message: expect.stringContaining(join(taken, 'out')),
  });
  const outputDir = join(folder.path, 'out');
  expect(existsSync(outputDir)).toBe(false);
  const again = resumeRun(handle.id, { store, providers: [model], outputDir });
  expect((await again.result).status).toBe('complete');
  expect(readFileSync(join(outputDir, 'a.txt'), 'utf8')).toBe('a');
});
