import { describe, expect, it } from 'vitest';
import { said, WORKFLOWS } from './workflows.ts';

// `vitest run test/cli/diagnostics -u` writes the golden files again; read them before committing.
describe('awp validate shows', () => {
  it.each(Object.entries(WORKFLOWS))('%s as people like to read them', async (name, files) => {
    const { code, out, err } = await said(files, '-v');
    await expect(out).toMatchFileSnapshot(`golden/${name}.txt`);
    expect(err).toBe('');
    expect(code).toBe(/^error\[/m.test(out) ? 1 : 0);
  });

  it.each([
    ['json', 'rules.json.txt'],
    ['sarif', 'rules.sarif.txt'],
    ['github', 'rules.github.txt'],
    ['unix', 'rules.unix.txt'],
  ])('the same findings as %s', async (format, golden) => {
    const { code, out } = await said(WORKFLOWS.rules ?? {}, '--format', format);
    const steady = out.replace(/"folder": ".*"/, '"folder": "/work/flow"');
    await expect(steady).toMatchFileSnapshot(`golden/${golden}`);
    expect(code).toBe(1);
  });
});
