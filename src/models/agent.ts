import { z } from 'zod';
import { capabilitiesSchema } from './capabilities.ts';
import { anyMap, count, READABLE_ID, semver, texts } from './common.ts';
import { field } from './field.ts';
import { agentMemorySchema } from './memory.ts';

const CARD = { effect: 'validator/identity-card.ts' };
const AGENT = { effect: 'data/graph-plan-agents.ts' };
const READ = { effect: 'data/graph-plan-read.ts' };
const OUTPUT = { effect: 'data/graph-plan-output.ts' };
const FILE = { effect: 'parser/references.ts' };

const identity = z.strictObject({
  id: field(z.string().regex(READABLE_ID), 'Id, as its folder is called (R4, R12).', {
    ...CARD,
    rule: 'R12',
  }),
  role: field(z.string(), 'What it is.', CARD),
  description: field(z.string(), 'What it does.', CARD),
  version: field(semver, 'Version of the agent, SemVer 2.0.0.', CARD).default('1.0.0'),
  tags: field(texts, 'Words to find it by.', CARD).default([]),
});

const model = z.strictObject({
  provider: field(z.string(), 'Service; else the prefix of the name.', AGENT).optional(),
  name: field(
    z.string(),
    'Model, such as `openrouter/openai/gpt-5`; empty is `LLM_MODEL` (A0-4).',
    AGENT,
  ).default(''),
  fallback: field(texts, 'Models that are asked when this one cannot.', AGENT).default([]),
  parameters: field(
    z.strictObject({
      temperature: field(z.number().min(0).max(2), '0 to 2.', AGENT).default(0),
      max_tokens: field(
        count.nullable(),
        'Most tokens of one answer; null is no limit of ours.',
        AGENT,
      ).default(null),
      top_p: field(z.number().min(0).max(1), '0 to 1.', READ).default(1),
    }),
    'How it answers.',
  ).optional(),
  reasoning: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether it thinks first.', AGENT).default(false),
      effort: field(z.enum(['low', 'medium', 'high']), 'How much.', AGENT).default('medium'),
      force: field(z.boolean(), 'Whether a model that cannot is an error.', AGENT).default(false),
    }),
    'Thinking before answering.',
  ).optional(),
});

/** Parts of a prompt, in the order of the standard. */
const STANDARD_PARTS = [
  ...(['system', 'skills', 'memory', 'messages', 'context', 'additional'] as const),
] as const;

/** Parts of a prompt that can be put in order; both vocabularies of the protocol. */
const PARTS = [
  ...STANDARD_PARTS,
  ...(['system_prompt', 'previous_agents', 'user_prompt'] as const),
] as const;

const prompt = z.strictObject({
  system: field(z.string(), 'File in the folder of the agent, or the text itself (A0-4).', {
    effect: 'parser/read-agents.ts',
  }),
  user_template: field(z.string(), 'File of what it is asked.', FILE).optional(),
  additional: field(texts, 'Further files below `workflow/`.', FILE).default([]),
  variables: field(anyMap, 'Values of `{{name}}` in its prompts.', {
    effect: 'parser/templates.ts',
  }).default({}),
  injection_order: field(z.array(z.enum(PARTS)), 'Order of the parts of a prompt.', AGENT).default([
    ...STANDARD_PARTS,
  ]),
});

const output = z.strictObject({
  format: field(z.enum(['json', 'text', 'markdown']), 'Form of its answer (A0-4).', {
    effect: 'validator/rules/r09-output-contract.ts',
  }).default('json'),
  schema: field(z.string(), 'File with the JSON Schema of its answer (R9).', {
    effect: 'parser/read-agents.ts',
  }).optional(),
  schema_description: field(z.string(), 'File that describes the schema.', FILE).optional(),
  contract: field(z.json(), 'JSON Schema, fields with their types, or a file (R9, A0-5).', {
    effect: 'validator/rules/r09-output-contract.ts',
    rule: 'R9',
  }).optional(),
  validation: field(
    z.strictObject({
      strict: field(
        z.union([z.boolean(), z.literal('none')]),
        'Whether types and further fields count too, or only required fields; `none` looks at nothing.',
        OUTPUT,
      ).default(true),
      max_retries: field(z.int().nonnegative(), 'How often it is asked again.', OUTPUT).default(3),
      on_failure: field(
        z.enum(['error', 'warn', 'passthrough', 'skip']),
        'What then: the agent fails, goes on with what there is, or is skipped.',
        OUTPUT,
      ).default('error'),
      retry_prompt: field(z.string(), 'What it is told.', OUTPUT).optional(),
    }),
    'How answers are checked.',
  ).optional(),
});

const vision = z.strictObject({
  enabled: field(z.boolean(), 'Whether it sees images.', AGENT).default(false),
  model: field(z.string(), 'Model for images.', AGENT).optional(),
  formats: field(texts, 'Kinds of image.', AGENT).default(['png', 'jpg', 'jpeg', 'webp', 'gif']),
  max_images: field(count, 'Images of one prompt.', AGENT).default(5),
  max_size_mb: field(z.number().positive(), 'Size of one image, in MiB.', AGENT).default(10),
});

/** `agent.awp.yaml`: layers 1, 2 and 4 (surfaces 7.9). */
export const agentSchema = z.strictObject({
  awp_agent: field(semver, 'Version of the protocol, SemVer 2.0.0 (A0-4).', {
    effect: 'validator/autonomy/a0.ts',
  }),
  identity: field(identity, 'Layer 1: who it is.'),
  runtime: field(
    z.strictObject({
      class_name: field(z.string(), 'Class of the agent in Python; `Agent` is recommended (R3).', {
        effect: 'validator/rules/r03-class-name.ts',
      }).default('Agent'),
      strategy_folder: field(z.string(), 'Folder of its files.', FILE).default('workflow'),
    }),
    'Hints for Python runtimes.',
  ).optional(),
  model: field(model, 'Which model it asks (A0-4).').optional(),
  prompt: field(prompt, 'What it is told.'),
  output: field(output, 'What it answers (R9).').optional(),
  vision: field(vision, 'Images.').optional(),
  preprocessor: field(
    z.looseObject({
      enabled: field(z.boolean(), 'Whether inputs are prepared first.', READ).default(false),
      pipeline: field(z.string(), 'Name of the pipeline.', READ).default('default'),
      steps: field(
        z.array(z.json()),
        'Files of its folder that are run one after another.',
        READ,
      ).default([]),
    }),
    'Programs that prepare, in the sandbox, what it is shown.',
  ).optional(),
  memory: field(agentMemorySchema, 'What it remembers.').optional(),
  capabilities: field(capabilitiesSchema, 'Layer 2: tools, skills, data, box, code.').optional(),
});

/** `agent.awp.yaml` with all defaults. */
export type Agent = z.infer<typeof agentSchema>;
