import { agent, graph, manifest } from '../examples.ts';
import type { Card } from '../rule.ts';

const WRITER = agent({})['agent.awp.yaml'];
const oneNode = graph('- { id: writer, agent: writer }');

/** A folder with one agent, whose prompt is what is written. */
const prompt = (system: string): Record<string, string> => ({
  'workflow.awp.yaml': oneNode,
  'agents/writer/agent.awp.yaml': WRITER.replace(
    'You write short digests.',
    JSON.stringify(system),
  ),
});

const topic = (fields: string): string => manifest(`inputs:\n  topic: { ${fields} }`);
const tool = (schema: string): string =>
  manifest(`capabilities:
  custom_tools:
    declarations:
      - fqn: news.search
        parameters: ${schema}`);

function manyAgents(count: number): Record<string, string> {
  const ids = Array.from({ length: count }, (_, index) => `writer_${index}`);
  const files = ids.map((id) => [`agents/${id}/agent.awp.yaml`, agent({ id })['agent.awp.yaml']]);
  return { 'workflow.awp.yaml': manifest(''), ...Object.fromEntries(files) };
}

/** The file of a tool that a person promoted. */
const promoted = (fqn: string): string =>
  JSON.stringify({
    ...{ fqn, description: 'The mean.', parameters: { type: 'object' } },
    code: 'def handler():\n    return {"ok": True, "status": 200, "data": 0}\n',
  });

/** What can be wrong with fields and the files that they name. */
export const fieldCards: readonly Card[] = [
  {
    code: 'S1',
    title: 'a field has a value of its kind',
    severity: 'error',
    why: `Nothing is converted in silence: a number is no text and a text is no list. The exceptions are spellings
of the other dialects, which are told as infos (D3, D7).`,
    bad: topic('required: [a]'),
    good: topic('required: true'),
  },
  {
    code: 'S2',
    title: 'required fields are there',
    severity: 'error',
    why: 'The place is that of the key which the field belongs below.',
    bad: manifest('communication:\n  channels:\n    - { type: topic }'),
    good: manifest('communication:\n  channels:\n    - { name: findings, type: topic }'),
  },
  {
    code: 'S3',
    title: 'every key is known',
    severity: 'warning',
    why: `A key that nobody knows has no effect. Mostly it is a typing error; \`awp validate --fix\` mends those
that are near to exactly one known key. Fields of your own belong below \`workflow.settings.custom\`.`,
    bad: topic('descripton: What the digest is about.'),
    good: topic('description: What the digest is about.'),
  },
  {
    code: 'S4',
    title: 'a value is one of those that the field can have',
    severity: 'error',
    why: 'Spellings of the other dialects are accepted and told as infos (D2).',
    bad: topic('type: strng'),
    good: topic('type: string'),
  },
  {
    code: 'S5',
    title: 'a value is within its limits',
    severity: 'error',
    why: 'Numbers have a range, texts a length or a pattern; the description of the field says which.',
    bad: manifest('orchestration:\n  execution: { max_parallel_agents: 0 }'),
    good: manifest('orchestration:\n  execution: { max_parallel_agents: 4 }'),
  },
  {
    code: 'S6',
    title: 'files that are named are there',
    severity: 'error',
    why: `Prompts, schemas, skills, tools and sub-workflows are looked for when the workflow is read, not when a
run needs them. When only one file is validated, this is an info.`,
    bad: prompt('system.md'),
    good: { ...prompt('system.md'), 'agents/writer/system.md': 'You write short digests.\n' },
  },
  {
    code: 'S7',
    title: 'paths stay inside of the folder of the workflow',
    severity: 'error',
    why: `No workflow reads what lies beside it: no absolute path, no \`..\` that leads out, and no link to
something outside. This also counts for what is unpacked from a package.`,
    bad: prompt('../../../secrets.md'),
    good: {
      ...prompt('../../prompts/system.md'),
      'prompts/system.md': 'You write short digests.\n',
    },
  },
  {
    code: 'S8',
    title: 'files that are named can be read',
    severity: 'error',
    why: `A folder, a pipe or a device in the place of a file is never opened, and neither is a file without
permission. Prompts and skills are texts in UTF-8.`,
    bad: { ...prompt('system.md'), 'agents/writer/system.md/part.md': 'You write.\n' },
    good: { ...prompt('system.md'), 'agents/writer/system.md': 'You write.\n' },
  },
  {
    code: 'S10',
    title: 'a workflow has its `workflow.awp.yaml`',
    severity: 'error',
    why: 'The manifest lies at the root of the folder. `awp init` makes a workflow to begin with.',
    bad: { 'workflow.yaml': manifest(''), 'README.md': 'A workflow.\n' },
    good: { 'workflow.awp.yaml': manifest(''), 'README.md': 'A workflow.\n' },
  },
  {
    code: 'S11',
    title: 'a workflow has at most 1,000 agents',
    severity: 'error',
    why: `The others are not read. Split so large a workflow into sub-workflows. The same is said of more than 500
skills, of a prompt beyond 1 MiB, and of files beyond 64 MiB together.`,
    bad: manyAgents(1001),
    good: manyAgents(2),
  },
  {
    code: 'S12',
    title: 'a field is accepted, but not in effect yet',
    severity: 'info',
    why: `The field belongs to the standard and is checked, but this release does not act on it. It is told once
for each field; nothing of a workflow is passed over in silence.`,
    bad: manifest('memory:\n  enabled: true'),
    good: manifest(''),
  },
  {
    code: 'S13',
    title: 'placeholders stand for something',
    severity: 'warning',
    why: `A \`{{ name }}\` that nothing fills stays in the text. Known are inputs, ids of nodes,
\`prompt.variables\`, and names such as \`task\`, \`state\`, \`env\` and \`now\`.`,
    bad: prompt('Write about {{ topik }}.'),
    good: prompt('Write about {{ task }}.'),
  },
  {
    code: 'S14',
    title: 'a field is not given twice in two spellings',
    severity: 'warning',
    why: "Where both spellings stand and differ, the standard's own counts and the other one is left out.",
    bad: graph('- { id: writer, agent: writer, when: state.topic, condition: state.title }'),
    good: graph('- { id: writer, agent: writer, when: state.topic }'),
  },
  {
    code: 'S15',
    title: 'a JSON Schema is one',
    severity: 'error',
    why: `Schemas of tools are JSON Schema 2020-12. A \`type\` that does not exist would let everything pass.
Contracts of agents (R9) and schemas of channels (R15) have codes of their own.`,
    bad: tool('{ type: text }'),
    good: tool('{ type: object, properties: { query: { type: string } } }'),
  },
  {
    code: 'S17',
    title: 'an `agent.py` is code for other runtimes',
    severity: 'info',
    why: `The agent runs as its \`agent.awp.yaml\` says; its class in Python is not loaded. Code of its own is an
\`agent.ts\` or \`agent.js\` beside it. A step of \`preprocessor\` may run the file in the sandbox.`,
    bad: { ...prompt('You write.'), 'agents/writer/agent.py': 'class Agent: ...\n' },
    good: { ...prompt('You write.'), 'agents/writer/agent.ts': 'export default () => ({});\n' },
  },
  {
    code: 'S22',
    title: 'promoted tools can be used',
    severity: 'warning',
    why: `A run begins with the tools in \`workspace/dynamic_tools/\`. One whose file is no tool, whose name
has not its form, or whose namespace the workflow does not allow is refused, and the run goes on without it.
Nothing of them is run to find that out.`,
    bad: {
      'workflow.awp.yaml': manifest('dynamic_tools: { enabled: true }'),
      'workspace/dynamic_tools/stats.mean.json': promoted('stats.mean'),
    },
    good: {
      'workflow.awp.yaml': manifest(
        'dynamic_tools: { enabled: true, allowed_namespaces: [stats] }',
      ),
      'workspace/dynamic_tools/stats.mean.json': promoted('stats.mean'),
    },
  },
];
