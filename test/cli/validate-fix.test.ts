import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fix } from '../../src/data/fix.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import type { Files } from '../../src/ports/effects.ts';
import { temporaryFolder } from '../make.ts';
import { agent, type FolderOf, validateIn, writeFolder } from './diagnostics/workflows.ts';

const AGENTS: FolderOf = {
  'agents/planner/agent.awp.yaml': agent('planner'),
  'agents/writer/agent.awp.yaml': agent('writer'),
};

const CROOKED = `# Ours.
awp: "1.0"       # the version
workflow:
  name:   flow
  version: 1.0.0
  descripton: "Größe 数据 🎉"   # what it does

orchestration:
  graph:
    - {id: planner,   agent: agents/planner, share_output: [text]}
    - id: writer
      agent: "writer"
      depends_on: [ planer ]   # typo
      on_failure: abort
state: { sharing: { strategy: full } }
# The end, without a line end.`;

const STRAIGHT = CROOKED.replace('"1.0" ', '"1.0.0" ')
  .replace('descripton', 'description')
  .replace('agents/planner', 'planner')
  .replace('planer', 'planner')
  .replace('abort', 'stop');

function flow(folder: string, manifest: string, more: FolderOf = {}): string {
  writeFolder(join(folder, 'flow'), { ...AGENTS, 'workflow.awp.yaml': manifest, ...more });
  return join(folder, 'flow/workflow.awp.yaml');
}

describe('awp validate --fix', () => {
  it.each([
    ['plain', (text: string) => text],
    ['with Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['with a byte order mark', (text: string) => `\uFEFF${text}`],
    ['with both', (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
  ])('mends a file %s and changes nothing else in it', async (_, dress) => {
    using folder = temporaryFolder();
    const path = flow(folder.path, dress(CROOKED));
    const { code, out } = await validateIn(folder.path, 'flow', '--fix');
    expect(readFileSync(path, 'utf8')).toBe(dress(STRAIGHT));
    expect(out).toContain('fixed flow/workflow.awp.yaml:13 R7: write `planner`\n');
    expect(out.match(/^fixed /gm)).toHaveLength(5);
    expect(out).not.toContain('fixable');
    expect(code).toBe(0);
  });

  it('has nothing to do the second time, and leaves the file alone', async () => {
    using folder = temporaryFolder();
    const path = flow(folder.path, STRAIGHT);
    const before = statSync(path);
    const { code, out } = await validateIn(folder.path, 'flow', '--fix');
    expect(out).not.toContain('fixed');
    expect(code).toBe(0);
    expect(statSync(path).ino).toBe(before.ino);
  });

  it('keeps the mode of the file, and leaves no other file behind', async () => {
    using folder = temporaryFolder();
    const path = flow(folder.path, CROOKED);
    chmodSync(path, 0o640);
    await validateIn(folder.path, 'flow', '--fix');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(folder.path, 'flow'))).toEqual(['agents', 'workflow.awp.yaml']);
  });

  it('mends agents too, and a single file that is named', async () => {
    using folder = temporaryFolder();
    flow(folder.path, STRAIGHT);
    const path = join(folder.path, 'flow/agents/writer/agent.awp.yaml');
    writeFileSync(path, agent('writer').replace('prompt:', 'promt:'));
    const { out } = await validateIn(folder.path, 'flow/agents/writer/agent.awp.yaml', '--fix');
    expect(out).toContain('fixed flow/agents/writer/agent.awp.yaml:4 S3: write prompt\n');
    expect(readFileSync(path, 'utf8')).toBe(agent('writer'));
  });

  it('says what it cannot mend, with the status of what is left', async () => {
    using folder = temporaryFolder();
    flow(folder.path, CROOKED.replace('strategy: full', 'strategy: everything'));
    const { code, out } = await validateIn(folder.path, 'flow', '--fix');
    expect(out.match(/^fixed /gm)).toHaveLength(5);
    expect(out).toContain('error[R16]');
    expect(code).toBe(1);
  });

  it('tells programs what it has done', async () => {
    using folder = temporaryFolder();
    flow(folder.path, CROOKED);
    const { out } = await validateIn(folder.path, 'flow', '--fix', '--json');
    expect(JSON.parse(out)).toMatchObject({ ok: true, fixable: 0, untouched: [] });
    expect(JSON.parse(out).fixed).toContainEqual({
      file: 'workflow.awp.yaml',
      line: 13,
      rule: 'R7',
      title: 'write `planner`',
    });
  });
});

describe('awp validate --fix writes nothing', () => {
  it('into a file whose syntax is wrong', async () => {
    using folder = temporaryFolder();
    const broken = `${CROOKED}\nmemory: "unclosed\n`;
    const path = flow(folder.path, broken);
    const { code, out } = await validateIn(folder.path, 'flow', '--fix');
    expect(readFileSync(path, 'utf8')).toBe(broken);
    expect(out).toContain('error[Y1]');
    expect(out).not.toContain('fixed');
    expect(code).toBe(1);
  });

  it('over a link, be it the file or its folder', async () => {
    using folder = temporaryFolder();
    const root = join(folder.path, 'flow');
    const path = flow(folder.path, STRAIGHT, { 'kept/agent.awp.yaml': agent('writer') });
    const crooked = agent('planner').replace('prompt:', 'promt:');
    writeFolder(root, { 'real.yaml': CROOKED, 'kept/planner/agent.awp.yaml': crooked });
    renameSync(join(root, 'agents/planner'), join(root, 'agents/old'));
    symlinkSync('../kept/planner', join(root, 'agents/planner'));
    renameSync(path, join(root, 'other'));
    symlinkSync('real.yaml', path);
    const { out } = await validateIn(folder.path, 'flow', '--fix');
    expect(readFileSync(join(root, 'real.yaml'), 'utf8')).toBe(CROOKED);
    expect(readFileSync(join(root, 'kept/planner/agent.awp.yaml'), 'utf8')).toBe(crooked);
    expect(out).toContain('left flow/workflow.awp.yaml as it is: it is reached over a link\n');
    expect(out).toContain(
      'left flow/agents/planner/agent.awp.yaml as it is: it is reached over a link\n',
    );
  });

  it('outside of the folder, not even when a link leads there', async () => {
    using folder = temporaryFolder();
    const path = flow(folder.path, STRAIGHT);
    const outside = join(folder.path, 'outside.yaml');
    writeFileSync(outside, CROOKED);
    renameSync(path, join(folder.path, 'other'));
    symlinkSync(outside, path);
    const { code } = await validateIn(folder.path, 'flow', '--fix');
    expect(readFileSync(outside, 'utf8')).toBe(CROOKED);
    expect(code).toBe(1);
  });

  it('over what somebody else has written meanwhile', async () => {
    using folder = temporaryFolder();
    const path = flow(folder.path, CROOKED);
    const newer = `# newer\n${CROOKED}`;
    const real = nodeFiles();
    const files: Files = {
      ...real,
      // Validating reads bytes; this is the look before the writing.
      async readText(wanted) {
        if (wanted === path) writeFileSync(path, newer);
        return real.readText(wanted);
      },
    };
    const report = await fix(join(folder.path, 'flow'), { files });
    expect(readFileSync(path, 'utf8')).toBe(newer);
    expect(report.untouched).toEqual([
      { file: 'workflow.awp.yaml', why: 'it has changed meanwhile' },
    ]);
  });

  it('where it may not, and says why', async () => {
    using folder = temporaryFolder();
    const path = flow(folder.path, CROOKED);
    const files: Files = {
      ...nodeFiles(),
      write: async () => {
        throw Object.assign(new Error('no'), { code: 'EROFS' });
      },
    };
    const report = await fix(join(folder.path, 'flow'), { files });
    expect(report.fixed).toEqual([]);
    expect(report.untouched).toEqual([
      { file: 'workflow.awp.yaml', why: 'it cannot be written (EROFS)' },
    ]);
    expect(readFileSync(path, 'utf8')).toBe(CROOKED);
  });
});

describe('a folder that is named over links', () => {
  it('is mended, for that is what the user has named', async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'real'));
    const path = flow(join(folder.path, 'real'), CROOKED);
    symlinkSync('real', join(folder.path, 'way'));
    symlinkSync('real/flow', join(folder.path, 'flow'));
    expect((await validateIn(folder.path, 'flow', '--fix')).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(STRAIGHT);
    writeFileSync(path, CROOKED);
    await validateIn(folder.path, 'way/flow/workflow.awp.yaml', '--fix');
    expect(readFileSync(path, 'utf8')).toBe(STRAIGHT);
  });
});
