import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadWorkflow } from '../../src/data/load-workflow.ts';
import { secretNeeds, type WorkflowSecrets, workflowSecrets } from '../../src/data/secret-needs.ts';
import { temporaryFolder } from '../make.ts';

async function secretsIn(text: string): Promise<WorkflowSecrets> {
  using folder = temporaryFolder();
  const whole = `awp: "1.0.0"
workflow:
  name: some-workflow
${text}
orchestration:
  engine: delegation_loop
  delegation_loop: {}
`;
  writeFileSync(join(folder.path, 'workflow.awp.yaml'), whole);
  const { workflow } = await loadWorkflow(folder.path);
  if (!workflow.manifest?.value) throw new Error('no manifest');
  return workflowSecrets(workflow.manifest.value);
}

const need = (name: string, more: object = {}): object => ({
  ...{ name, required: true, sensitive: true },
  ...more,
});

describe('what a workflow declares', () => {
  it.each<[string, string, object[]]>([
    ['nothing', '', []],
    ['secret variables', '  env: [{ name: A, sensitive: true }]', [need('A', { required: false })]],
    [
      'variables that must be there',
      '  env: [{ name: A, required: true }, { name: B }]',
      [need('A', { sensitive: false })],
    ],
    [
      'a default',
      '  env: [{ name: A, required: true, sensitive: true, default: 12 }]',
      [need('A', { fallback: '12' })],
    ],
    [
      'what may be missing',
      '  env: [{ name: A, required: true, sensitive: true, optional: true }]',
      [need('A', { required: false })],
    ],
    [
      'names that must be there',
      'security: { secrets: { required: [A, "B?"] } }',
      [need('A'), need('B', { required: false })],
    ],
    [
      'names that are never written',
      'security: { secrets: { never_log: [A] } }',
      [need('A', { required: false })],
    ],
    [
      'where a secret may go',
      'security: { secrets: { grants: { A: { hosts: [api.example.com], tools: [http.request] } } } }',
      [need('A', { required: false, hosts: ['api.example.com'], tools: ['http.request'] })],
    ],
  ])('is %s', async (_, text, wanted) => {
    expect((await secretsIn(text)).needs).toEqual(wanted);
  });

  it('may be in a file of another name, which must be there then', async () => {
    const { path, mustExist } = await secretsIn('security: { secrets: {} }');
    expect([path, mustExist]).toEqual(['secrets.yaml', false]);
    const own = await secretsIn('security: { secrets: { backend: file, path: own.yaml } }');
    expect([own.path, own.mustExist]).toEqual(['own.yaml', true]);
  });

  it.each(['vault', 'aws_secrets'])('is refused for %s', async (backend) => {
    await expect(secretsIn(`security: { secrets: { backend: ${backend} } }`)).rejects.toMatchObject(
      {
        code: 'spec/unsupported',
        message: expect.stringContaining(backend),
      },
    );
  });

  it.each([
    ['a name', 'security: { secrets: { required: [A-B] } }', '"A-B" is no secret'],
    ['a variable', '  env: [{ name: "A B", sensitive: true }]', '"A B" is no name'],
    ['a granted name', 'security: { secrets: { grants: { "A.B": {} } } }', '"A.B" is no secret'],
    ['every host', 'security: { secrets: { grants: { A: { hosts: ["*"] } } } }', 'every host'],
    [
      'a host',
      'security: { secrets: { grants: { A: { hosts: ["http://a"] } } } }',
      'security.secrets.grants.A.hosts',
    ],
  ])('is refused when it cannot be: %s', async (_, text, said) => {
    await expect(secretsIn(text)).rejects.toMatchObject({
      code: 'spec/invalid',
      message: expect.stringContaining(said),
    });
  });
});

describe('names in a list', () => {
  it('are required unless they end in ?', () => {
    expect(secretNeeds(['A', 'B?'])).toEqual([need('A'), need('B', { required: false })]);
    expect(() => secretNeeds(['??'])).toThrow('is no secret');
  });
});
