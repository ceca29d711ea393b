import { expect, it } from 'vitest';
import { needed } from '../../src/mcp-server/packages.ts';

const missing = 'no-such-package-of-anybody';

it('a package that is missing is named, with what to do', async () => {
  await expect(needed(missing, () => import(missing))).rejects.toMatchObject({
    code: 'mcp/not-installed',
    message: `the package ${missing} is not installed`,
    hint: `install it next to awp-agents: npm install ${missing}`,
  });
});

it('a package that breaks is another error', async () => {
  const broken = new SyntaxError('unexpected end');
  await expect(needed('x', () => Promise.reject(broken))).rejects.toBe(broken);
});
