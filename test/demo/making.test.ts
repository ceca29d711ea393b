import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { RunResult } from '../../src/events/result.ts';
import { AgentWorkflow } from '../../src/index.ts';
import { only, temporaryFolder } from '../make.ts';
import { checkFiles, type Files, json } from './check.ts';
import { cleanness, shown } from './oracle.ts';
import { type TestTable, tableOf } from './tables.ts';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

interface Made {
  result: RunResult;
  events: RunEvent[];
  files: Files;
}

/** The demo on a table, in a loop that lets workers make tools; runs of one `home` share it. */
async function make(
  table: TestTable,
  more: Partial<WorkflowOptions<Json>> = {},
  home = `${table.seed}-${Math.random()}`,
): Promise<Made> {
  const place = join(folder.path, home);
  mkdirSync(place, { recursive: true });
  const path = join(place, table.fileName);
  writeFileSync(path, table.bytes);
  const handle = new AgentWorkflow<Json>({
    ...{ task: table.task, inputs: { data: path }, model: 'demo', dynamicTools: true },
    ...more,
    home: join(place, '.awp'),
  }).start();
  const events: RunEvent[] = [];
  for await (const event of handle.events()) events.push(event as RunEvent);
  const result = await handle.result;
  expect(result.status, result.metadata.message ?? '').toBe('complete');
  const files = new Map(
    result.artifacts.map((file) => [file.name, readFileSync(file.path, 'utf8')]),
  );
  return { result, events, files };
}

/** Who was delegated to, turn by turn. */
const delegated = ({ events }: Made): string[][] =>
  only(events, 'manager.decided').flatMap(({ data }) =>
    data.decision === 'delegate' ? [data.delegations.map(({ workerId }) => workerId)] : [],
  );

/** What the demo is told about a rule, in the names of its workers. */
const workers = (made: Made): string[] => delegated(made).flat();

interface Scored {
  name: string;
  score: number | null;
  gaps: number;
  outliers: number;
}

/** Every score is true, and the report says the same. */
function checkScores(table: TestTable, { result, files }: Made, tool: string): void {
  const data = json(files, 'scores.json') as { tool: string; step: number; columns: Scored[] };
  expect(data.tool).toBe(tool);
  const plain = files.get('report.md')?.replace(/\\([\\`*_{}[\]<>#|~])/g, '$1') ?? '';
  expect(plain).toContain(`Scored with ${tool}, a tool that a worker of this workflow made`);
  expect(data.columns.length).toBeGreaterThan(0);
  for (const { name, score, gaps, outliers } of data.columns) {
    const column = table.columns.find((one) => one.kind === 'number' && one.name === name);
    if (!column) throw new Error(`no column is called ${JSON.stringify(name)}`);
    expect({ score, gaps, outliers }, name).toEqual(cleanness(column, data.step));
    expect(plain).toContain(` | ${shown(score)} | `);
  }
  expect(result.result).toMatchObject({ tool, scores: { length: data.columns.length } });
  expect(result.text).toContain(`scored with ${tool}: `);
}

describe('the demo makes a tool', () => {
  it.each([[0], [7], [14]])(
    'and scores table %i with it, truly',
    async (seed) => {
      const table = tableOf(seed);
      const made = await make(table);
      checkFiles(table, made.files);
      checkScores(table, made, 'dynamic.score');
      const { toolCreation, createdTools } = made.result.metadata;
      const columns = (json(made.files, 'scores.json').columns as Scored[]).length;
      expect(toolCreation).toMatchObject({ attempts: 1, successes: 1, reuses: columns });
      expect(createdTools).toMatchObject([
        { name: 'dynamic.score', creator: 'score_tool', calls: columns + 1, reused: columns },
      ]);
    },
    240_000,
  );

  it('in its first turn, with a skill, and uses both in the next', async () => {
    const made = await make(tableOf(1));
    const [first = [], second = [], third] = delegated(made);
    expect(first).toContain('score_tool');
    expect(second).toContain('scores');
    expect(third).toEqual(['report']);
    const called = only(made.events, 'tool.called').map(({ data }) => data.tool);
    expect(called.indexOf('tools.create')).toBeLessThan(called.indexOf('dynamic.score'));
    const [skill] = only(made.events, 'skill.created');
    expect(skill?.data.skill).toMatchObject({ name: 'data-quality', origin: 'generated' });
    expect(only(made.events, 'skill.refused')).toEqual([]);
    const skills = only(made.events, 'manager.decided').flatMap(({ data }) =>
      data.decision === 'delegate' ? data.delegations.flatMap((one) => one.skills ?? []) : [],
    );
    expect(skills).toEqual([expect.stringMatching(/^---\nname: data-quality\n/), 'data-quality']);
  }, 240_000);

  it('as a part of its plan', async () => {
    const made = await make(tableOf(1), { policy: { planning: true } });
    const [plan] = only(made.events, 'plan.made');
    const parts = plan?.data.subtasks.map(({ id, dependencies }) => [id, ...dependencies]) ?? [];
    expect(parts).toEqual(
      expect.arrayContaining([
        ['score_tool'],
        ['scores', 'score_tool'],
        expect.arrayContaining(['report', 'scores']),
      ]),
    );
    const done = only(made.events, 'subtask.changed').flatMap(({ data }) =>
      data.status === 'completed' ? [data.id] : [],
    );
    expect([...done].sort()).toEqual(parts.map(([id]) => id).sort());
  }, 240_000);

  it('once: a later run finds what was kept', async () => {
    const dynamicTools = { persist: true, namespaces: ['quality'] };
    const more = { dynamicTools, name: 'kept' };
    const table = tableOf(5);
    checkScores(table, await make(table, more, 'kept'), 'quality.score');
    const second = await make(table, more, 'kept');
    checkScores(table, second, 'quality.score');
    expect(only(second.events, 'tool.drafted')).toEqual([]);
    expect(workers(second)).not.toContain('score_tool');
    expect(second.result.metadata.createdTools).toMatchObject([{ origin: 'kept' }]);
  }, 240_000);
});

describe('the demo goes on without a tool', () => {
  it.each<[string, Partial<WorkflowOptions<Json>>, readonly string[]]>([
    ['when its name is forbidden', { forbiddenTools: ['dynamic.*'] }, ['score_tool']],
    ['when no tool may be made at all', { dynamicTools: { maxTotal: 0 } }, []],
    ['when there are too few turns', { maxLoops: 3 }, []],
    ['when there are too few workers', { maxTotalWorkers: 7 }, []],
    ['when the manager may not say so', { managerControls: ['instructions', 'tools_allowed'] }, []],
  ])(
    '%s',
    async (_, more, tried) => {
      const made = await make(tableOf(1), more);
      expect(only(made.events, 'tool.created')).toEqual([]);
      expect(workers(made).filter((name) => name.startsWith('score'))).toEqual(tried);
      expect(made.files.has('report.md')).toBe(true);
      expect(made.result.result.not_done).toEqual(tried.length > 0 ? tried : undefined);
      checkFiles(tableOf(1), made.files);
    },
    240_000,
  );
});
