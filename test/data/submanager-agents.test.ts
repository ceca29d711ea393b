import { describe, expect, it } from 'vitest';
import { loadWorkflow } from '../../src/data/load-workflow.ts';
import { makePlan } from '../../src/data/make-plan.ts';
import { checkOptions, type WorkflowOptions } from '../../src/data/options.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder, testPlan } from '../make.ts';
import { agentFile, planOf } from './graph-make.ts';

const agent = (id: string, more = ''): string => `${agentFile(id, more)}\n`;

const manifest = `awp: "1.0.0"
workflow: { name: report, version: 1.0.0, description: Write it }
orchestration:
  engine: delegation_loop
  delegation_loop:
    manager: agents/lead
`;

const FILES = {
  'workflow.awp.yaml': manifest,
  'agents/lead/agent.awp.yaml': agent('lead'),
  'agents/plain/agent.awp.yaml': agent('plain'),
  'agents/analyst/agent.awp.yaml': agent(
    'analyst',
    'model: { name: x/y, fallback: [x/z], parameters: { temperature: 0.7, max_tokens: 99 }, reasoning: { enabled: true, effort: high, force: true } }\n',
  ),
};

async function optionsOf(files: Readonly<Record<string, string>>) {
  using folder = temporaryFolder();
  writeFiles(folder.path, files);
  return (await loadWorkflow(folder.path, nodeFiles())).options();
}

const RESOLVED = {
  ...{ managerModel: 'm', workerModel: 'w', simulated: false },
  ...{ inputs: [], output: undefined },
};

describe('the agents that can lead sub-managers', () => {
  it('are all those of the workflow but its own manager, with what their files say', async () => {
    const { submanagerAgents } = await optionsOf(FILES);
    expect(submanagerAgents).toEqual({
      plain: { about: 'Does plain.', instructions: 'You are plain.' },
      analyst: {
        ...{ about: 'Does analyst.', instructions: 'You are analyst.', model: 'x/y' },
        ...{ fallbackModels: ['x/z'], temperature: 0.7, maxOutputTokens: 99 },
        ...{ reasoning: 'high', mustReason: true },
      },
    });
  });

  it('are none where there is only the manager', async () => {
    const { 'agents/plain/agent.awp.yaml': _, 'agents/analyst/agent.awp.yaml': __, ...few } = FILES;
    expect(await optionsOf(few)).not.toHaveProperty('submanagerAgents');
    expect(testPlan()).not.toHaveProperty('submanagers');
  });

  it('are in the plan as managers, in all else like that of the loop', async () => {
    const options = {
      task: 't',
      fullTurns: 5,
      managerTemperature: 0.4,
      managerInstructions: 'Lead.',
    };
    const { submanagerAgents } = await optionsOf(FILES);
    const { submanagers } = makePlan(
      { ...options, ...(submanagerAgents && { submanagerAgents }) },
      RESOLVED,
    );
    const usual = { fullTurns: 5, corrections: 2 };
    expect(submanagers).toEqual({
      plain: {
        ...usual,
        ...{ about: 'Does plain.', instructions: 'You are plain.', model: 'm' },
        ...{ temperature: 0.4, maxOutputTokens: 8192 },
      },
      analyst: {
        ...usual,
        ...{ about: 'Does analyst.', instructions: 'You are analyst.', model: 'x/y' },
        ...{ fallback: ['x/z'], reasoning: 'high', mustReason: true },
        ...{ temperature: 0.7, maxOutputTokens: 99 },
      },
    });
  });

  it('ask the model that the run was given, and what stands behind it', () => {
    const { submanagers } = makePlan(
      {
        ...{ task: 't', model: 'demo', fallbackModels: { manager: ['behind'] } },
        submanagerAgents: { analyst: { model: 'x/y', fallbackModels: ['x/z'] } },
      },
      { ...RESOLVED, managerModel: 'demo' },
    );
    expect(submanagers?.analyst).toMatchObject({ model: 'demo', fallback: ['behind'] });
  });

  it('of a loop that is a node are those of its workflow', async () => {
    const { loops } = await planOf({
      graph: '- { id: loop, type: delegation_loop, config: { manager: agents/one } }',
    });
    expect(loops?.loop?.submanagers).toMatchObject({
      two: { about: 'Does two.', instructions: 'You are two.', model: 'scripted' },
    });
    expect(Object.keys(loops?.loop?.submanagers ?? {})).toEqual(['two']);
  });

  it.each([
    [[], 'submanagerAgents cannot be []'],
    [{ a: 1 }, 'submanagerAgents.a cannot be 1'],
    [{ a: { model: '' } }, 'submanagerAgents.a.model cannot be ""'],
    [{ a: { temperature: 3 } }, 'submanagerAgents.a.temperature cannot be 3'],
    [{ a: { maxOutputTokens: 0.5 } }, 'submanagerAgents.a.maxOutputTokens cannot be 0.5'],
    [{ a: { modell: 'x' } }, 'there is no option submanagerAgents.a.modell'],
    [{ a: { fallbackModels: [1] } }, 'fallbackModels cannot be [1]'],
    [{ a: { reasoning: 'much' } }, 'reasoning cannot be "much"'],
  ])('cannot be %j', (submanagerAgents, message) => {
    const options = { task: 't', submanagerAgents } as unknown as WorkflowOptions;
    expect(() => checkOptions(options)).toThrow(expect.objectContaining({ message }));
  });
});
