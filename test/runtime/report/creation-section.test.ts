import { describe, expect, it } from 'vitest';
import type { DraftCheck } from '../../../src/ports/toolsmith.ts';
import { writeReport } from '../../../src/runtime/report/write-report.ts';
import { startRun } from '../../../src/runtime/run.ts';
import { temporaryFolder } from '../../make.ts';
import { draftOf, type Making, makingHost, makingPlan } from '../creation/makers.ts';

async function reportOf(making: Making): Promise<string> {
  using folder = temporaryFolder();
  const host = makingHost(folder.path, making);
  const run = await startRun(host, { id: 'r-test', plan: makingPlan(making), inputs: [] });
  await run.done;
  return writeReport(host.store, 'r-test', { alive: false });
}

const denied: DraftCheck = {
  stage: 'lint',
  check: ({ code }) => {
    if (!code.includes('os')) return undefined;
    const kind = { stage: 'lint', status: 403, category: 'import', repairable: true } as const;
    return { ...kind, error: 'it imports `os`\n# Heading', hint: 'do without' };
  },
};
const create = (name: string, more = {}) => ['tools.create', draftOf(name, more)] as const;

describe('the section on tools and skills', () => {
  it('is not there where nothing was made', async () => {
    expect(await reportOf({ rounds: { one: [] } })).not.toContain('Tools and skills');
  });

  it('has what was made, by whom, and how often it was called', async () => {
    const text = await reportOf({
      checks: [denied],
      rounds: {
        one: [
          [create('stats.mean', { description: 'the | mean <b>' })],
          [create('stats.bad', { code: 'os' }), create('stats.gone')],
          [['stats.mean', { a: 1 }]],
          [['tools.remove', { name: 'stats.gone' }]],
        ],
        two: [[['stats.mean', { a: 1 }]], [create('other.x')]],
      },
    });
    const section = text.slice(text.indexOf('## Tools and skills'));
    expect(section).toMatch(/^\| `stats\.mean` \| `one` \| this run \| the .* \| 2 \| 1 \|$/m);
    expect(section).not.toContain('<b>');
    expect(section).toContain('Taken away again: `stats.gone`.');
    expect(section).toMatch(
      /^4 drafts: 2 made, 1 against the policy, 1 with an import that is denied\.$/m,
    );
    expect(text).toContain('made the tool `stats.mean`');
    const wrong = text.slice(text.indexOf('## What went wrong'));
    expect(wrong).toMatch(/the tool `stats\.bad` was refused, 403 at lint: it imports .*os/);
    // A refusal is told of once.
    expect(text).not.toContain('`tools.create` failed');
    expect(text).not.toMatch(/^# Heading/m);
  });
});
