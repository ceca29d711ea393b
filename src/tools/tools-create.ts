import type { JsonObject } from '../base/json.ts';
import type { Tool, ToolMaker, ToolResult } from '../ports/tool.ts';
import { failure, textOf } from './results.ts';

/** Most time of one draft with its checks and repairs, each of which asks a model; in milliseconds. */
const CREATE_MS = 600_000;

/** `tools.create`: makes a tool of a program (spec, capabilities 4). */
const toolsCreate: Tool = {
  name: 'tools.create',
  description:
    'Make a tool of a program that defines `handler`. It is checked and tried in the sandbox; ' +
    'what is wrong is told with a hint.',
  parameters: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'namespace.action, in a-z, 0-9 and _' },
      description: { type: 'string', description: 'what it does, for those who call it' },
      parameters: { type: 'object', description: 'JSON Schema of its arguments' },
      code: {
        type: 'string',
        description:
          'Python: def handler(*, a, b=1). JavaScript, TypeScript: function handler({ a, b }). ' +
          'It returns {ok, status, data, error}.',
      },
      language: { type: 'string', enum: ['python', 'javascript', 'typescript'] },
      required_secrets: {
        type: 'array',
        items: { type: 'string' },
        description: 'names of granted secrets; the handler sees tokens in _secrets',
      },
      meta: { type: 'object', description: 'what else there is to say of it' },
      proposal: {
        type: 'string',
        description:
          'name of a proposed tool to make as it is, instead of all of these: ' +
          'code and parameters are its own',
      },
    },
    // Either the first four or a proposal: what is missing is told by the reader of drafts.
  },
  checksArguments: true,
  idempotent: true,
  grant: 'explicit',
  needsBox: true,
  nested: true,
  timeoutMs: CREATE_MS,
  run: async (args, { maker }) => (maker ? await maker.create(args) : notAllowed()),
};

/** `tools.list`: the tools that agents made. */
const toolsList: Tool = {
  name: 'tools.list',
  description: 'List the tools that agents made, of one namespace if it is named.',
  parameters: {
    type: 'object',
    properties: { namespace: { type: 'string', maxLength: 64 } },
    additionalProperties: false,
  },
  idempotent: true,
  grant: 'explicit',
  run: async (args, { maker }) => withMaker(maker, (one) => one.list(textOf(args, 'namespace'))),
};

/** `tools.remove`: takes a tool away that the same agent made. */
const toolsRemove: Tool = {
  name: 'tools.remove',
  description: 'Take a tool away that you made. Its name is not given again.',
  parameters: nameOnly(),
  idempotent: true,
  grant: 'explicit',
  run: async (args, { maker }) => withMaker(maker, (one) => one.remove(textOf(args, 'name') ?? '')),
};

function nameOnly(): JsonObject {
  return {
    type: 'object',
    properties: { name: { type: 'string', minLength: 1, maxLength: 200 } },
    required: ['name'],
    additionalProperties: false,
  };
}

function withMaker(
  maker: ToolMaker | undefined,
  use: (maker: ToolMaker) => ToolResult,
): ToolResult {
  return maker ? use(maker) : notAllowed();
}

/** Rule DT7: final, in the words in which every refusal is told. */
function notAllowed(): ToolResult {
  const error = 'this agent may make no tools (DT7)';
  const hint = 'go on with the tools that are there';
  const kind = { stage: 'policy', status: 403, category: 'policy', repairable: false };
  return failure(403, `tool/refused: ${error} (${hint})`, { ...kind, error, hint });
}

/** The tools that make tools. Agents that may make some have them without being granted them. */
export const creationTools: readonly Tool[] = [toolsCreate, toolsList, toolsRemove];
