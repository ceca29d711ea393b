import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { EXIT_CODES } from '../src/base/errors.ts';
import { parseArguments } from '../src/cli/arguments.ts';
import { COMMON_OPTIONS } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands/index.ts';
import { EXIT } from '../src/cli/failure.ts';
import { BUDGET_FLAGS } from '../src/cli/values.ts';
import { loadWorkflow } from '../src/data/load-workflow.ts';
import { nodeEffects } from '../src/effects/index.ts';
import { GATES } from '../src/events/plan-policy.ts';
import { delegationLoopSchema } from '../src/models/delegation.ts';
import { infoOf, shapeOf } from '../src/models/schema-shape.ts';
import { type Node, parseSource, sourcesOf } from './architecture/source.ts';
import { awpCalls, type Block, pagesOf, parsePage } from './docs/pages.ts';
import { temporaryFolder } from './make.ts';

const ROOT = resolve(import.meta.dirname, '..');
const pages = pagesOf(ROOT);
const blocks = pages.flatMap((page) => page.blocks);
const textOf = (path: string): string => pages.find((page) => page.path === path)?.text ?? '';
const named = (list: readonly Block[]): [string, Block][] => list.map((one) => [one.place, one]);
const ofLanguage = (language: string): Block[] => blocks.filter((one) => one.language === language);

const SALES = `month,region,revenue
Jan,north,100
Feb,north,200
Mar,north,150
Jan,south,80
Feb,south,120
Mar,south,260
`;

const folder = temporaryFolder();
beforeAll(() => {
  prepareFolder(folder.path);
});
afterAll(() => folder[Symbol.dispose]());

/** A folder as a user has it: the package, zod, a table, and `awp` on the PATH. */
function prepareFolder(path: string): void {
  const installed = join(path, 'node_modules/awp-agents');
  mkdirSync(installed, { recursive: true });
  symlinkSync(join(ROOT, 'src'), join(installed, 'src'));
  const exported = {
    '.': './src/index.ts',
    './testing': './src/testing.ts',
    './browser': './src/browser.ts',
  };
  const description = { name: 'awp-agents', type: 'module', exports: exported };
  writeFileSync(join(installed, 'package.json'), JSON.stringify(description));
  for (const name of ['zod', 'vitest', '@types']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(path, 'node_modules', name));
  }
  writeFileSync(join(path, 'package.json'), '{"type":"module"}');
  writeFileSync(join(path, 'sales.csv'), SALES);
  mkdirSync(join(path, 'bin'));
  const main = join(ROOT, 'src/cli/main.ts');
  const awp = `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`;
  writeFileSync(join(path, 'bin/awp'), awp, { mode: 0o755 });
  symlinkSync(join(ROOT, 'examples'), join(path, 'examples'));
}

function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(LLM_|AWP_|NODE_|VITEST)/.test(name),
  );
  const path = [join(folder.path, 'bin'), dirname(process.execPath), process.env.PATH].join(':');
  return { ...Object.fromEntries(kept), PATH: path, AWP_HOME: join(folder.path, '.awp') };
}

function execute(command: string, args: readonly string[]): { status: number; said: string } {
  const options = { cwd: folder.path, env: environment(), encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, timeout: 60_000 });
  return { status: status ?? -1, said: `${stdout}${stderr}` };
}

describe('programs in the documentation', () => {
  const programs = ofLanguage('ts');
  const fileOf = (block: Block): string =>
    join(folder.path, `${block.place.replace(/[^\w]+/g, '-')}.ts`);

  it('have the right types', () => {
    for (const block of programs) writeFileSync(fileOf(block), `${block.text}\nexport {};\n`);
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { noUnusedLocals: false, typeRoots: ['./node_modules/@types'] },
      include: ['./*.ts'],
    };
    writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { said } = execute(process.execPath, [compiler, '-p', folder.path]);
    expect(said).toBe('');
  }, 60_000);

  it.each(named(programs.filter(({ words }) => words.includes('run'))))(
    'run as they stand: %s',
    (_, block) => {
      writeFileSync(fileOf(block), block.text);
      expect(execute(process.execPath, [fileOf(block)])).toMatchObject({ status: 0 });
    },
    60_000,
  );
});

describe('commands in the documentation', () => {
  it.each(named(ofLanguage('sh')))('are understood: %s', (_, block) => {
    for (const call of awpCalls(block.text)) {
      const command = commands.find(({ name }) => `${call.join(' ')} `.startsWith(`${name} `));
      const words = call.slice(command?.name.split(' ').length);
      if (command) expect(() => parseArguments(words, command)).not.toThrow();
      else expect(['--version', '--help', 'help', 'runs']).toContain(call[0]);
    }
  });

  it.each(named(ofLanguage('sh').filter(({ words }) => words.includes('run'))))(
    'run as they stand: %s',
    (_, block) => {
      const result = execute('/bin/sh', ['-eu', '-c', block.text]);
      expect(result, result.said).toMatchObject({ status: 0 });
    },
    60_000,
  );

  it('are taken out of what surrounds them', () => {
    const text = `LLM_MODEL=x awp run -t "Find it" \\
  -i a.csv   # a comment
echo no; true && awp runs list | head
# awp nothing
npm test`;
    expect(awpCalls(text)).toEqual([
      ['run', '-t', 'Find it', '-i', 'a.csv'],
      ['runs', 'list'],
    ]);
  });
});

describe('workflows in the documentation', () => {
  const files = ofLanguage('yaml').map((block) => {
    const name = /^# (\S+\.awp\.yaml)\n/.exec(block.text)?.[1];
    return { block, name };
  });

  it('say which file they are', () => {
    expect(files.filter(({ name }) => name === undefined).map(({ block }) => block.place)).toEqual(
      [],
    );
  });

  it.each(named(files.flatMap(({ block, name }) => (name === 'workflow.awp.yaml' ? [block] : []))))(
    'are valid, and all of it is acted on: %s',
    async (place, block) => {
      using place_ = temporaryFolder();
      const others = files.filter((one) => one.block.page === block.page && one.name !== undefined);
      for (const { block: other, name = '' } of others) {
        const path = join(place_.path, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, other.text);
      }
      writeFileSync(join(place_.path, 'workflow.awp.yaml'), block.text);
      const { diagnostics } = await loadWorkflow(place_.path, nodeEffects().files);
      const said = diagnostics.filter(
        ({ rule, severity }) => rule !== 'R2' && (severity !== 'info' || rule === 'S12'),
      );
      expect([place, ...said.map(({ message }) => message)]).toEqual([place]);
    },
  );
});

describe('links in the documentation', () => {
  it.each(pages.map((page) => [page.path, page] as const))('lead somewhere: %s', (path, page) => {
    const broken = page.links.filter(({ target }) => {
      if (/^(https?|mailto):/.test(target)) return false;
      const [to = '', anchor] = target.split('#');
      const file = to === '' ? path : relative(ROOT, resolve(ROOT, dirname(path), to));
      if (file.startsWith('..') || !existsSync(join(ROOT, file))) return true;
      if (anchor === undefined) return false;
      return !pages.find((one) => one.path === file)?.anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('reach every page from the README', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const { target } of pages.find((page) => page.path === path)?.links ?? []) {
        const [to = ''] = target.split('#');
        if (to === '' || /^\w+:/.test(to)) continue;
        const file = relative(ROOT, resolve(ROOT, dirname(path), to));
        if (existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isDirectory()) {
          for (const name of readdirSync(join(ROOT, file))) reached.add(join(file, name));
        } else reached.add(file);
      }
    }
    const lost = pages.map(({ path }) => path).filter((path) => !reached.has(path));
    expect(lost).toEqual([]);
  });

  it('are found broken when they are', () => {
    const page = parsePage('x.md', '# One two!\n[a](y.md) [b](#one-two)\n```ts\n[c](no.md)\n```\n');
    expect(page.links.map(({ target }) => target)).toEqual(['y.md', '#one-two']);
    expect([...page.anchors]).toEqual(['one-two']);
  });
});

describe('what the documentation lists is what there is', () => {
  const sources = sourcesOf(ROOT);
  const rows = (path: string): string[] =>
    [...textOf(path).matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? '');

  it('errors.md: every code that occurs, each with cause and remedy', () => {
    const code =
      /(?<![\w./-])(?:usage|spec|model|node|state|step|run|tool|worker|mcp|skill|secret|trust|approval|sandbox|network|source|store|internal|manager|evaluation|output)\/[a-z]+(?:-[a-z]+)*(?![\w./-])/g;
    // Hostile programs are texts of their own: what they print is no code of ours.
    const own = sources.filter(({ path }) => !path.startsWith('sandboxes/hostile/'));
    const used = own.flatMap(({ nodes }) =>
      nodes.flatMap((node) => [...literalText(node).matchAll(code)].map(([text]) => text)),
    );
    const limits = BUDGET_FLAGS.map(({ name }) => name)
      .filter((name) => name !== 'parallel')
      .map((name) => `budget/${name}`);
    const refusals = [...GATES, 'critique']
      .filter((gate) => gate !== 'evaluation')
      .map((gate) => `gate/${gate}`);
    const wanted = [...new Set([...used, ...limits, ...refusals, 'stall', 'stopped'])].sort();
    expect(rows('docs/errors.md').sort()).toEqual(wanted);
    const lines = textOf('docs/errors.md').match(/^\| `.*$/gm) ?? [];
    const thin = lines.filter((line) =>
      line.split('|').some((cell, at) => at > 0 && at < 4 && cell.trim().length < 4),
    );
    expect(thin).toEqual([]);
  });

  it('cli.md: every command, option and exit status', () => {
    const text = textOf('docs/cli.md');
    const missing = commands.flatMap(({ name, options }) => [
      ...(text.includes(`## awp ${name}`) ? [] : [name]),
      ...[...options, ...COMMON_OPTIONS]
        .map((option) => `--${option.name}`)
        .filter((option) => !text.includes(`\`${option}`)),
    ]);
    expect(missing).toEqual([]);
    const statuses = [...text.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
    const wanted = new Set([...Object.values(EXIT), ...Object.values(EXIT_CODES)]);
    expect(statuses).toEqual([...wanted].sort((a, b) => a - b));
  });

  it('api.md: every option of a workflow', () => {
    expect(rows('docs/api.md')).toEqual(
      expect.arrayContaining(fieldsOf('data/options.ts', 'WorkflowOptions')),
    );
    expect(rows('docs/api.md')).toEqual(
      expect.arrayContaining(fieldsOf('events/result.ts', 'RunResult')),
    );
  });

  it('api.md: every name that the package exports', () => {
    const page = textOf('docs/api.md');
    const index = readFileSync(join(ROOT, 'src/index.ts'), 'utf8');
    const names = parseSource('index.ts', index).exports.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
  });

  it('events-and-log.md: every event', () => {
    expect(rows('docs/events-and-log.md').sort()).toEqual(
      [
        ...fieldsOf('events/event.ts', 'EventData'),
        ...fieldsOf('events/graph-events.ts', 'GraphEventData'),
        ...fieldsOf('events/loop-events.ts', 'LoopEventData'),
        ...fieldsOf('events/creation-events.ts', 'CreationEventData'),
      ].sort(),
    );
  });

  it('api.md: every part of the policy of a loop', () => {
    const parts = fieldsOf('data/policy-options.ts', 'PolicyOptions');
    expect(parts.length).toBeGreaterThan(10);
    expect(rows('docs/api.md')).toEqual(expect.arrayContaining(parts));
  });

  it('workflow-yaml.md: every field of a delegation loop that is acted on', () => {
    const page = textOf('docs/workflow-yaml.md');
    const fields = actedOn(delegationLoopSchema);
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter((field) => !page.includes(field))).toEqual([]);
  });

  it('ARCHITECTURE.md: every invariant has a test of its number', () => {
    const [, list = ''] = textOf('ARCHITECTURE.md').split('## Invariants');
    const numbers = [...list.matchAll(/^(\d+)\. (?!\*)/gm)].map(([, number]) => Number(number));
    const tests = readFileSync(join(ROOT, 'test/architecture.test.ts'), 'utf8');
    const tested = new Set(
      [...tests.matchAll(/['"](\d+)\. /g)].map(([, number]) => Number(number)),
    );
    expect(numbers).toEqual([...tested].sort((a, b) => a - b));
  });

  it('ARCHITECTURE.md: every folder of the sources is on the map', () => {
    const folders = new Set(sources.map(({ path }) => path.split('/')[0] ?? ''));
    const map = textOf('ARCHITECTURE.md');
    expect([...folders].filter((name) => !map.includes(`\`${name}\``))).toEqual([]);
  });

  function fieldsOf(path: string, name: string): string[] {
    const source = sources.find((one) => one.path === path);
    const type = source?.nodes.find(
      ({ type, id }) => type === 'TSInterfaceDeclaration' && (id as Node).name === name,
    );
    const fields = (type?.body as Node | undefined)?.body as Node[] | undefined;
    return (fields ?? []).map(({ key }) => String((key as Node).name ?? (key as Node).value));
  }
});

describe('the lists themselves', () => {
  it('see a code in a string and in a template, not in a comment or a path', () => {
    const text =
      "// 'tool/no'\nconst a = 'tool/yes'; const b = `tool/too`; const c = '../tool/x.ts';";
    const found = parseSource('x.ts', text)
      .nodes.map(literalText)
      .filter((one) => one.includes('tool/'));
    expect(found).toEqual(['tool/yes', 'tool/too', '../tool/x.ts']);
  });
});

/** Names of the fields of a schema that take effect somewhere. */
function actedOn(schema: z.ZodType): string[] {
  const shape = shapeOf(schema);
  if (shape.kind !== 'object') return [];
  return [...shape.fields].flatMap(([name, field]) => {
    const own = infoOf(field).effect === undefined ? [] : [name];
    return [...own, ...actedOn(field)];
  });
}

function literalText(node: Node): string {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : '';
  return node.type === 'TemplateElement' ? (node.value as { raw: string }).raw : '';
}
