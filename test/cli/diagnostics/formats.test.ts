import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../make.ts';
import { agent, said, validateIn, WORKFLOWS, writeFolder } from './workflows.ts';

const FORMATS = ['pretty', 'json', 'sarif', 'github', 'unix'] as const;
/** A finding whose text has all that formats must escape. */
const NASTY = {
  'workflow.awp.yaml': `awp: "1.0.0"
workflow: { name: "a%b,c:d\\e[2J\\n::error::x", version: 1.0.0, description: x }
`,
};

describe('every format', () => {
  it.each(FORMATS)('%s tells each finding, and lets none act on the terminal', async (format) => {
    const { out, code } = await said(NASTY, '--format', format, '-v');
    expect(code).toBe(1);
    expect(out).toContain('R2');
    expect(out.includes('\u001b')).toBe(false);
  });

  it.each(FORMATS)('%s says nothing is wrong where nothing is', async (format) => {
    const { out, code, err } = await said(
      { 'agent.awp.yaml': agent('writer') },
      '--format',
      format,
    );
    expect(out).not.toContain('R1');
    expect(code === 0 || out.includes('S10')).toBe(true);
    expect(err).toBe('');
  });

  it.each(FORMATS)('%s keeps only errors with -q', async (format) => {
    const { out } = await said(WORKFLOWS.rules ?? {}, '--format', format, '-q');
    expect(out).toContain('R16');
    expect(out).not.toContain('has two numbers');
  });
});

describe('an unknown format', () => {
  it('is refused with the nearest one', async () => {
    const { code, err } = await said(NASTY, '--format', 'sarfi');
    expect(code).toBe(2);
    expect(err).toContain('did you mean sarif?');
  });
});

describe('github', () => {
  it('puts each finding on one line, with nothing that ends its message or property', async () => {
    const { out } = await said(NASTY, '--format', 'github');
    const lines = out.trimEnd().split('\n');
    for (const line of lines) {
      expect(line).toMatch(
        /^::(error|warning|notice) file=[^:,]+,line=\d+,endLine=\d+,col=\d+,endColumn=\d+,title=[A-Z0-9-]+::/,
      );
    }
    expect(lines.filter((line) => line.startsWith('::error::'))).toEqual([]);
    expect(out).toContain('a%25b');
  });
});

describe('sarif', () => {
  it('is a log of version 2.1.0: rules, places from one on, addresses that can be resolved', async () => {
    const log = JSON.parse((await said(WORKFLOWS.rules ?? {}, '--format', 'sarif')).out);
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    expect(log.runs).toHaveLength(1);
    const { driver } = run.tool;
    expect(driver.name).toBe('awp');
    for (const { id, shortDescription } of driver.rules) {
      expect(shortDescription.text.length).toBeGreaterThan(id.length);
    }
    expect(new Set(driver.rules.map(({ id }: { id: string }) => id)).size).toBe(
      driver.rules.length,
    );
    for (const result of run.results) {
      expect(driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(['error', 'warning', 'note']).toContain(result.level);
      expect(result.message.text).not.toBe('');
      for (const { physicalLocation } of [
        ...result.locations,
        ...(result.relatedLocations ?? []),
      ]) {
        const { uri } = physicalLocation.artifactLocation;
        expect(new URL(uri, 'file:///work/').pathname).toBe('/work/flow/workflow.awp.yaml');
        const { startLine, startColumn, endLine, endColumn } = physicalLocation.region;
        expect(Math.min(startLine, startColumn, endLine - startLine + 1)).toBeGreaterThan(0);
        if (startLine === endLine) expect(endColumn).toBeGreaterThanOrEqual(startColumn);
      }
      for (const { description, artifactChanges } of result.fixes ?? []) {
        expect(description.text).not.toBe('');
        expect(artifactChanges[0].replacements[0].insertedContent.text).not.toBe('');
      }
    }
    expect(run.results.some(({ fixes }: { fixes?: unknown }) => fixes !== undefined)).toBe(true);
    expect(run.results.some((one: object) => 'relatedLocations' in one)).toBe(true);
  });

  it('escapes what paths may hold and addresses may not', async () => {
    using folder = temporaryFolder();
    const name = 'a #1?b%c:d';
    writeFolder(join(folder.path, name), NASTY);
    const near = await validateIn(folder.path, name, '--format', 'sarif');
    const far = await validateIn(join(folder.path, 'cwd'), `../${name}`, '--format', 'sarif');
    const uriOf = ({ out }: { out: string }): string =>
      JSON.parse(out).runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri;
    expect(uriOf(near)).toBe('a%20%231%3Fb%25c%3Ad/workflow.awp.yaml');
    expect(decodeURIComponent(new URL(uriOf(far)).pathname)).toBe(
      join(folder.path, name, 'workflow.awp.yaml'),
    );
  });
});

describe('pretty', () => {
  it('shows notes on a line each, at most ten, and says how many more there are', async () => {
    const agents = Object.fromEntries(
      Array.from({ length: 7 }, (_, at) => [`agents/a${at}x/agent.awp.yaml`, agent(`a${at}x`)]),
    );
    const nodes = Array.from(
      { length: 7 },
      (_, at) => `    - { id: a${at}x, agent: agents/a${at}x, on_failure: abort }`,
    );
    const { out, code } = await said({
      ...agents,
      'workflow.awp.yaml': `awp: "1.0.0"
workflow: { name: flow, version: 1.0.0, description: x }
orchestration:
  graph:
${nodes.join('\n')}
`,
    });
    const notes = out.split('\n').filter((line) => / info [DS]\d+: /.test(line));
    expect(notes).toHaveLength(10);
    expect(out).toMatch(/^and \d+ more notes: -v shows all$/m);
    expect(code).toBe(0);
  });

  it('counts warnings as errors with --strict', async () => {
    const files = {
      'agents/writer/agent.awp.yaml': agent('writer'),
      'workflow.awp.yaml': `awp: "1.0"
workflow: { name: flow, version: 1.0.0, description: x }
orchestration: { graph: [{ id: writer, agent: writer }] }
`,
    };
    expect((await said(files)).code).toBe(0);
    const strict = await said(files, '--strict');
    expect(strict.code).toBe(1);
    expect(strict.out).toContain('error[R1]');
  });
});
