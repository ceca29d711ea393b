import { z } from 'zod';
import { anyMap, READABLE_VERSION, semver, texts, WORKFLOW_NAME } from './common.ts';
import { communicationSchema } from './communication.ts';
import { field } from './field.ts';
import { inputsSchema } from './inputs.ts';
import { LEVELS } from './level.ts';
import { memorySchema } from './memory.ts';
import { observabilitySchema } from './observability.ts';
import { orchestrationSchema } from './orchestration.ts';
import { safetyEnvelopeSchema } from './safety-envelope.ts';
import { sandboxSchema } from './sandbox.ts';
import { securitySchema } from './security.ts';
import { stateSchema } from './state.ts';
import { customToolsSchema, dynamicToolsSchema } from './tools.ts';

const dependency = z.strictObject({
  name: field(z.string(), 'Name of what is needed.'),
  version: field(z.string(), 'Version or range of versions.').optional(),
});

const SECRETS = { effect: 'data/secret-needs.ts' };

const envVariable = z.strictObject({
  name: field(z.string().min(1), 'Name of the variable.', SECRETS),
  description: field(z.string(), 'What it is for.').optional(),
  required: field(z.boolean(), 'Whether a run needs it; a default fulfils it.', SECRETS).default(
    false,
  ),
  optional: field(
    z.boolean(),
    'Whether a run starts without it, although required.',
    SECRETS,
  ).default(false),
  sensitive: field(
    z.boolean(),
    'Whether its value is a secret, which is never written anywhere (R14).',
    SECRETS,
  ).default(false),
  default: field(z.json(), 'Value when there is no other.', SECRETS).optional(),
});

const MODELS = { effect: 'data/graph-plan-agents.ts' };

const settings = z.strictObject({
  llm: field(
    z.strictObject({
      default_provider: field(
        z.string(),
        'Service for models without a prefix.',
        MODELS,
      ).optional(),
      default_model: field(z.string(), 'Model of agents that name none (A0-4).', {
        effect: 'validator/autonomy/a0.ts',
      }).optional(),
      temperature: field(z.number().min(0).max(2), '0 to 2.', MODELS).optional(),
      max_tokens: field(z.int().positive(), 'Most tokens of one answer.', MODELS).optional(),
    }),
    'Defaults of all models.',
  ).optional(),
  custom: field(
    anyMap,
    'Values of your own, for templates: `{{ settings.custom.NAME }}`.',
  ).optional(),
});

const workflow = z.strictObject({
  name: field(z.string().regex(WORKFLOW_NAME), 'Name, as its folder is called (R2).', {
    effect: 'data/workflow-folder.ts',
    rule: 'R2',
  }),
  version: field(semver, 'Version of the workflow, SemVer 2.0.0 (A0-2).', {
    effect: 'packager/manifest.ts',
  }).optional(),
  description: field(z.string().max(500), 'What it does, at most 500 characters (A0-2).', {
    effect: 'data/workflow-folder.ts',
  }).optional(),
  author: field(z.string(), 'Who wrote it.', { effect: 'packager/manifest.ts' }).optional(),
  license: field(z.string(), 'SPDX identifier.', { effect: 'packager/manifest.ts' }).optional(),
  homepage: field(z.string(), 'Address of its page.', {
    effect: 'packager/manifest.ts',
  }).optional(),
  repository: field(z.string(), 'Address of its source.', {
    effect: 'packager/manifest.ts',
  }).optional(),
  tags: field(texts, 'Words to find it by.', { effect: 'packager/manifest.ts' }).optional(),
  autonomy: field(z.enum(LEVELS), 'Level that is aimed at, A0 to A4 (A checks).', {
    effect: 'validator/autonomy/check-autonomy.ts',
  }).optional(),
  runtime: field(
    z.strictObject({
      min_awp_version: field(semver, 'Oldest version of the protocol that will do.').optional(),
      python: field(z.string(), 'Versions of Python that will do, for Python runtimes.').optional(),
      node: field(z.string(), 'Versions of Node that will do.').optional(),
      required_providers: field(texts, 'Services of models that must be there.').optional(),
      required_capabilities: field(texts, 'Such as `tool_calling` or `vision`.').optional(),
    }),
    'What must be there to run it.',
  ).optional(),
  dependencies: field(
    z.strictObject({
      tools: field(z.array(dependency), 'Tools of other packages.').optional(),
      workflows: field(z.array(dependency), 'Other workflows.').optional(),
      skills: field(z.array(dependency), 'Skills of other packages.').optional(),
      python: field(texts, 'Python packages, for Python runtimes.').optional(),
    }),
    'What it builds on.',
  ).optional(),
  env: field(
    z.array(envVariable),
    'Variables of the environment that it reads.',
    SECRETS,
  ).optional(),
  settings: field(settings, 'Defaults and values of your own.').optional(),
});

/** `workflow.awp.yaml`: layer 0 and the sections of all other layers (surfaces 7, 7.1). */
export const manifestSchema = z.strictObject({
  awp: field(
    z.string().regex(READABLE_VERSION),
    'Version of the protocol, SemVer 2.0.0, such as "1.0.0" (R1).',
    {
      effect: 'validator/rules/r01-version.ts',
      rule: 'R1',
    },
  ),
  workflow: field(workflow, 'Layer 0: name, version, description and what it needs.'),
  inputs: field(inputsSchema, 'What the workflow is given, by name.').optional(),
  orchestration: field(
    orchestrationSchema,
    'Layer 5: who works, in which order, within which limits.',
  ).optional(),
  state: field(stateSchema, 'Layer 4: what agents share.').optional(),
  memory: field(memorySchema, 'Layer 4: what is kept from run to run.').optional(),
  communication: field(communicationSchema, 'Layer 3: bus and channels.').optional(),
  observability: field(
    observabilitySchema,
    'Layer 6: logs, metrics, traces, audit, health, evaluation.',
  ).optional(),
  security: field(securitySchema, 'Breakers, rate limits, access and secrets.').optional(),
  capabilities: field(
    z.strictObject({
      custom_tools: field(customToolsSchema, 'Tools of the workflow itself.').optional(),
    }),
    'What all agents may use.',
  ).optional(),
  dynamic_tools: field(dynamicToolsSchema, 'Tools that agents make while running (A3).').optional(),
  sandbox: field(sandboxSchema, 'Box of agents that have none of their own.').optional(),
  safety_envelope: field(safetyEnvelopeSchema, 'What nobody in a run can widen (A3-2).').optional(),
});

/** `workflow.awp.yaml` with all defaults. */
export type Manifest = z.infer<typeof manifestSchema>;
