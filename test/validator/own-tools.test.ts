import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import { validateWorkflow } from '../../src/validator/validate.ts';

const PYTHON = (name: string, def = 'async def'): string =>
  `from awp.tools import tool\n\n@tool("${name}")\n${def} run(): pass\n`;
const MODULE = (name: string): string => `tool({ name: '${name}' });\n`;
const AGENT = (more = ''): string =>
  `awp_agent: "1.0.0"\nidentity: { id: writer, name: Writer, version: 1.0.0 }\n${more}`;

/** What is said of files of tools, with their places. */
async function findings(files: Record<string, string>, custom = ''): Promise<string[]> {
  const { workflow, diagnostics } = await parseWorkflow(
    memoryFiles({
      'workflow.awp.yaml': `awp: "1.0.0"\nworkflow: { name: shop, version: 1.0.0, description: x }\norchestration: { graph: [{ id: writer, agent: writer }] }\n${custom}`,
      'agents/writer/agent.awp.yaml': AGENT(),
      ...files,
    }),
  );
  return [...diagnostics, ...validateWorkflow(workflow)]
    .filter(({ file }) => !file.endsWith('.yaml'))
    .map(({ rule, severity, file, range, message }) =>
      [`${file}:${range.start.line}`, rule, severity, message].join(' '),
    );
}

const off = 'capabilities: { custom_tools: { auto_discovery: false } }\n';
const named = (more: string): string =>
  `capabilities: { custom_tools: { declarations: [{ ${more} }] } }\n`;

describe('the tools of a workflow’s files', () => {
  it.each<[string, Record<string, string>, string, string[]]>([
    [
      'names of their own are fine',
      { 'mcp/a.py': PYTHON('shop.a'), 'mcp/b.ts': MODULE('shop.b') },
      '',
      [],
    ],
    [
      'a reserved namespace is refused where it is written',
      { 'mcp/a.py': PYTHON('file.shred'), 'mcp/b.ts': MODULE('mcp.x') },
      '',
      [
        'mcp/a.py:3 R10 error the namespace `file` is reserved',
        'mcp/b.ts:1 R10 error the namespace `mcp` is reserved',
      ],
    ],
    [
      'what is no name is refused',
      { 'mcp/a.py': PYTHON('price') },
      '',
      ['mcp/a.py:3 R10 error `price` is not the name of a tool'],
    ],
    [
      'two of one name are refused',
      { 'mcp/a.py': PYTHON('shop.a'), 'mcp/b.ts': MODULE('shop.a') },
      '',
      ['mcp/b.ts:1 R11 error there are two tools called `shop.a`'],
    ],
    ['a declared one is the same tool', { 'mcp/a.py': PYTHON('shop.a') }, named('fqn: shop.a'), []],
    [
      'one that stands for a built-in tool says so',
      { 'mcp/a.py': PYTHON('web.search') },
      named('fqn: web.search, replaces: true'),
      [],
    ],
    [
      'they are not looked at where nothing is to be found',
      { 'mcp/a.py': PYTHON('file.a') },
      off,
      [],
    ],
    [
      'files for others are not looked at',
      {
        'mcp/_a.py': PYTHON('file.a'),
        'mcp/x/b.py': PYTHON('file.b'),
        'mcp/c.test.ts': MODULE('file.c'),
      },
      '',
      [],
    ],
    [
      'another folder may be named',
      { 'own/a.py': PYTHON('file.a') },
      'capabilities: { custom_tools: { source_dir: own } }\n',
      ['own/a.py:3 R10 error the namespace `file` is reserved'],
    ],
    [
      'a plain function is told where programs may call it',
      {
        'mcp/a.py': PYTHON('shop.a', 'def'),
        'agents/writer/agent.awp.yaml': AGENT(
          'capabilities:\n  tools: { enabled: true }\n  codemode: { enabled: true, language: python }\n',
        ),
      },
      '',
      ['mcp/a.py:3 CT10 warning `shop.a` is not async, but code mode may use it'],
    ],
  ])('%s', async (_, files, custom, said) => {
    expect(await findings(files, custom)).toEqual(said);
  });
});
