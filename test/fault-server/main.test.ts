import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

it('the fault server serves a scenario to other processes until its stdin ends', async () => {
  const folder = import.meta.dirname;
  const args = [`${folder}/main.ts`, `${folder}/scenarios/echo.ts`];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const url = String(line).trim();
  const answer = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }),
  });
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'hello' } }] });
  const log = await fetch(new URL('/requests', url));
  expect(await log.json()).toMatchObject([{ index: 0, body: { model: 'm' } }]);
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
});
