import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Diagnostic, sortDiagnostics } from '../../src/base/diagnostic.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { folderFiles } from '../../src/parser/folder-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import type { Files } from '../../src/ports/effects.ts';

const MANIFEST = `awp: "1.0.0"
workflow: { name: news-digest, version: "1.0.0", description: d }
orchestration:
  engine: dag
  graph: [{ id: planner, agent: planner }]
`;
const AGENT = `awp_agent: "1.0.0"
identity: { id: planner, role: r, description: d }
model: { name: m }
prompt: { system: system.md }
output: { contract: contract.json }
`;
const CONTRACT = '{"type": "object", "properties": {"confidence": {"type": "number"}}}';

let above: string;
let root: string;

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'awp-hostile-'));
  root = join(above, 'news-digest');
  put('workflow.awp.yaml', MANIFEST);
  put('agents/planner/agent.awp.yaml', AGENT);
  put('agents/planner/system.md', 'You plan.');
  put('agents/planner/contract.json', CONTRACT);
  writeFileSync(join(above, 'secret.yaml'), 'awp_agent: "1.0.0"\npassword: hunter2\n');
  writeFileSync(join(above, 'secret.md'), 'hunter2');
});

afterEach(() => rmSync(above, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function drop(path: string): void {
  rmSync(join(root, path), { recursive: true, force: true });
}

function link(path: string, target: string): void {
  drop(path);
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

function pipe(path: string): void {
  drop(path);
  mkdirSync(dirname(join(root, path)), { recursive: true });
  execFileSync('mkfifo', [join(root, path)]);
}

async function errors(files: Files = nodeFiles()): Promise<string[]> {
  const { diagnostics } = await parseWorkflow(folderFiles(files, root));
  for (const { help, message } of diagnostics) {
    expect(help).not.toBe('');
    expect(message).not.toContain('hunter2');
    expect(message).not.toContain(above);
  }
  return sortDiagnostics(diagnostics)
    .filter(({ severity }) => severity === 'error')
    .map(line);
}

function line({ rule, file, range: { start } }: Diagnostic): string {
  return `${rule} ${file}:${start.line}:${start.column}`;
}

const AT_SYSTEM = 'agents/planner/agent.awp.yaml:4:19';
const AT_CONTRACT = 'agents/planner/agent.awp.yaml:5:21';

describe('a folder in which all is in order', () => {
  it('is read without an error', async () => {
    expect(await errors()).toEqual([]);
  });

  it('may have links to what is inside of it', async () => {
    put('shared/system.md', 'You plan.');
    link('agents/planner/system.md', '../../shared/system.md');
    link('agents/writer', 'planner');
    expect(await errors()).toEqual([]);
  });

  it('may be reached by a link itself', async () => {
    const other = join(above, 'other');
    symlinkSync(root, other);
    const { workflow } = await parseWorkflow(folderFiles(nodeFiles(), `${other}/`));
    expect(workflow.folderName).toBe('other');
    expect(workflow.agents.get('agents/planner')?.systemPrompt).toBe('You plan.');
  });
});

describe('what is no file', () => {
  it.each<[string, string, string]>([
    ['the manifest', 'workflow.awp.yaml', 'S8 workflow.awp.yaml:1:1'],
    ['an agent', 'agents/planner/agent.awp.yaml', 'S8 agents/planner/agent.awp.yaml:1:1'],
    ['a prompt', 'agents/planner/system.md', `S8 ${AT_SYSTEM}`],
    ['a contract', 'agents/planner/contract.json', `S8 ${AT_CONTRACT}`],
    ['a skill', 'skills/search.md', 'S8 skills/search.md:1:1'],
    ['the agents', 'agents', 'S8 agents:1:1'],
  ])('is never opened and said: a pipe for %s', async (_, path, wanted) => {
    pipe(path);
    expect(await errors()).toEqual([wanted]);
  });

  it.each<[string, string, string]>([
    ['the manifest', 'workflow.awp.yaml', 'S8 workflow.awp.yaml:1:1'],
    ['an agent', 'agents/planner/agent.awp.yaml', 'S8 agents/planner/agent.awp.yaml:1:1'],
    ['a prompt', 'agents/planner/system.md', `S8 ${AT_SYSTEM}`],
    ['a contract', 'agents/planner/contract.json', `S8 ${AT_CONTRACT}`],
  ])('is said: a folder for %s', async (_, path, wanted) => {
    drop(path);
    mkdirSync(join(root, path));
    expect(await errors()).toEqual([wanted]);
  });

  it('is said where a file should be a folder', async () => {
    drop('agents');
    put('agents', 'no folder');
    put('skills', 'no folder');
    expect(await errors()).toEqual([]);
  });
});

describe('links that lead out of the folder', () => {
  it.each<[string, string, string]>([
    ['the manifest', 'workflow.awp.yaml', 'S7 workflow.awp.yaml:1:1'],
    ['an agent', 'agents/planner/agent.awp.yaml', 'S7 agents/planner/agent.awp.yaml:1:1'],
    ['a prompt', 'agents/planner/system.md', `S7 ${AT_SYSTEM}`],
    ['a contract', 'agents/planner/contract.json', `S7 ${AT_CONTRACT}`],
    ['a skill', 'skills/search.md', 'S7 skills/search.md:1:1'],
  ])('are not followed: %s', async (_, path, wanted) => {
    link(path, join(above, path.endsWith('.md') ? 'secret.md' : 'secret.yaml'));
    expect(await errors()).toEqual([wanted]);
  });

  it('are not followed in the middle of a path', async () => {
    drop('agents/planner');
    mkdirSync(join(above, 'planner'));
    writeFileSync(join(above, 'planner', 'agent.awp.yaml'), AGENT);
    link('agents/planner', '../../planner');
    expect(await errors()).toEqual(['S7 agents/planner/agent.awp.yaml:1:1']);
  });

  it('are not followed for all agents', async () => {
    drop('agents');
    mkdirSync(join(above, 'agents'));
    link('agents', '../agents');
    expect(await errors()).toContain('S7 agents:1:1');
  });

  it('are not followed to a folder whose name begins like the own one', async () => {
    mkdirSync(`${root}-2`);
    writeFileSync(`${root}-2/system.md`, 'hunter2');
    link('agents/planner/system.md', '../../../news-digest-2/system.md');
    expect(await errors()).toEqual([`S7 ${AT_SYSTEM}`]);
  });

  it.each([
    ['to nothing', 'nowhere.md'],
    ['to itself', 'system.md'],
    ['to a device', '/dev/zero'],
  ])('are as good as those %s', async (_, target) => {
    link('agents/planner/system.md', target);
    expect(await errors()).toEqual([`S7 ${AT_SYSTEM}`]);
  });
});

describe('paths that lead out of the folder', () => {
  it.each([
    ['above it', '../../../secret.md'],
    ['from the root', '/etc/passwd.md'],
    ['to a drive', 'C:/secret.md'],
    ['with the other slash', '..\\\\..\\\\..\\\\secret.md'],
    ['with NUL', '\\0.md'],
    ['through a folder that is not there', 'x/../../../../secret.md'],
  ])('are refused: %s', async (_, path) => {
    put('agents/planner/agent.awp.yaml', AGENT.replace('system.md', `"${path}"`));
    expect(await errors()).toEqual([`S7 ${AT_SYSTEM}`]);
  });

  it('may lead up and down inside of it', async () => {
    put('shared/system.md', 'You plan.');
    put('agents/planner/agent.awp.yaml', AGENT.replace('system.md', '../../shared/./system.md'));
    expect(await errors()).toEqual([]);
  });

  it('are refused for agents, tools and sub-workflows', async () => {
    put(
      'workflow.awp.yaml',
      `${MANIFEST.replace('agent: planner', 'agent: ../../other')}  subworkflows: [{ name: sub, ref: ../other }]
capabilities:
  custom_tools:
    declarations: [{ name: x.y, file: ../../evil.py, description: d }]
`,
    );
    const found = await errors();
    expect(found.filter((one) => one.startsWith('S7'))).toEqual([
      'S7 workflow.awp.yaml:5:33',
      'S7 workflow.awp.yaml:6:36',
      'S7 workflow.awp.yaml:9:39',
    ]);
  });
});

describe('files that are not there', () => {
  it.each<[string, string, string]>([
    ['the manifest', 'workflow.awp.yaml', 'S10 workflow.awp.yaml:1:1'],
    ['a prompt', 'agents/planner/system.md', `S6 ${AT_SYSTEM}`],
    ['a contract', 'agents/planner/contract.json', `S6 ${AT_CONTRACT}`],
  ])('are said where they are named: %s', async (_, path, wanted) => {
    drop(path);
    expect(await errors()).toEqual([wanted]);
  });

  it('are only worth a remark when one file is looked at', async () => {
    drop('agents/planner/system.md');
    const { diagnostics } = await parseWorkflow(
      folderFiles(nodeFiles(), join(root, 'agents/planner')),
      { file: 'agent.awp.yaml' },
    );
    expect(diagnostics.filter(({ rule }) => /^S[678]$/.test(rule)).map(line)).toEqual([
      'S6 agent.awp.yaml:4:19',
    ]);
    expect(diagnostics.every(({ severity }) => severity === 'info')).toBe(true);
  });
});

describe('files that cannot be read', () => {
  /** The machine's files, some of which the process has no right to. */
  function forbidden(part: string): Files {
    const files = nodeFiles();
    const refuse = (path: string): void => {
      if (path.includes(part)) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    return {
      ...files,
      async realPath(path) {
        refuse(path);
        return files.realPath(path);
      },
      async info(path) {
        refuse(path);
        return files.info(path);
      },
    };
  }

  function unreadable(part: string): Files {
    const files = nodeFiles();
    const refuse = <T>(path: string, then: () => Promise<T>): Promise<T> =>
      path.includes(part)
        ? Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }))
        : then();
    return {
      ...files,
      readBytes: (path, max) => refuse(path, () => files.readBytes(path, max)),
      list: (path) => refuse(path, () => files.list(path)),
    };
  }

  it.each<[string, string, string]>([
    ['the manifest', 'workflow.awp.yaml', 'S8 workflow.awp.yaml:1:1'],
    ['an agent', 'agent.awp.yaml', 'S8 agents/planner/agent.awp.yaml:1:1'],
    ['a prompt', 'system.md', `S8 ${AT_SYSTEM}`],
    ['a contract', 'contract.json', `S8 ${AT_CONTRACT}`],
  ])('are said: %s', async (_, part, wanted) => {
    expect(await errors(unreadable(part))).toEqual([wanted]);
    expect(await errors(forbidden(part))).toEqual([wanted]);
  });

  it('are said when they are in a folder that cannot be read', async () => {
    expect(await errors(unreadable('/agents'))).toContain('S8 agents:1:1');
    expect(await errors(forbidden('/agents'))).toContain('S8 agents:1:1');
  });
});

describe('files that are too much', () => {
  it('are not read: a prompt beyond a megabyte', async () => {
    put('agents/planner/system.md', 'x'.repeat(1024 * 1024 + 1));
    expect(await errors()).toEqual([`S11 ${AT_SYSTEM}`]);
  });

  it('are not read: a prompt that is no text', async () => {
    drop('agents/planner/system.md');
    writeFileSync(join(root, 'agents/planner/system.md'), Uint8Array.of(0xff, 0xd8, 0xff));
    expect(await errors()).toEqual([`S8 ${AT_SYSTEM}`]);
  });

  it('are not read: more than 64 MiB together', async () => {
    for (let number = 0; number < 66; number++) {
      put(`skills/s${number}.md`, 'x'.repeat(1024 * 1024));
    }
    const [first, ...rest] = await errors();
    expect(first).toMatch(/^S11 skills\/s\d+\.md:1:1$/);
    expect(rest).toEqual([]);
  });

  it('are not read: more than 1,000 agents, more than 500 skills', async () => {
    for (let number = 0; number < 1001; number++) mkdirSync(join(root, `agents/a${number}`));
    for (let number = 0; number < 501; number++) put(`skills/s${number}.md`, 'x');
    expect(await errors()).toEqual(['S11 agents:1:1', 'S11 skills:1:1']);
  });
});
