import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { AliasScope } from './aliases/alias.ts';
import { schemaAt } from './editor-parts.ts';

/** A piece that editors offer. */
interface Snippet {
  label: string;
  description: string;
  body: Json;
}

/** A place to type at, with what stands there at first. */
function stop(order: number, text: string): string {
  return `\${${order}:${text}}`;
}

const NODE = { id: stop(1, 'planner'), agent: stop(1, 'planner') };

const WORKFLOW: readonly (readonly [string, readonly Snippet[]])[] = [
  [
    '',
    [
      {
        label: 'workflow: graph',
        description: 'A graph of agents',
        body: {
          awp: '1.0.0',
          workflow: {
            name: stop(1, 'my-workflow'),
            version: '0.1.0',
            description: stop(2, 'What it does'),
            autonomy: 'A1',
          },
          orchestration: {
            engine: 'dag',
            graph: [
              { id: stop(3, 'planner'), agent: stop(3, 'planner') },
              { id: stop(4, 'writer'), agent: stop(4, 'writer'), depends_on: [stop(3, 'planner')] },
            ],
          },
        },
      },
      {
        label: 'workflow: delegation loop',
        description: 'A manager that makes its own workers',
        body: {
          awp: '1.0.0',
          workflow: {
            name: stop(1, 'my-workflow'),
            version: '0.1.0',
            description: stop(2, 'What it does'),
            autonomy: 'A2',
          },
          orchestration: {
            engine: 'delegation_loop',
            delegation_loop: {
              manager: stop(3, 'manager'),
              budget: { max_loops: 15, max_total_tokens: 500_000, max_wall_time: 300 },
            },
          },
        },
      },
    ],
  ],
  [
    'inputs',
    [
      {
        label: 'input',
        description: 'Something that a run is given',
        body: {
          [stop(1, 'topic')]: {
            type: 'string',
            description: stop(2, 'What it is'),
            required: true,
          },
        },
      },
    ],
  ],
  [
    'orchestration.graph[]',
    [
      { label: 'node', description: 'An agent of the graph', body: NODE },
      {
        label: 'node after another',
        description: 'An agent that waits for another one',
        body: { ...NODE, depends_on: [stop(2, 'planner')] },
      },
      {
        label: 'node for each item',
        description: 'One instance for each item of a list',
        body: {
          ...NODE,
          fan_out: { enabled: true, source: stop(2, 'planner.topics') },
          fan_in: { strategy: 'merge' },
        },
      },
      {
        label: 'node that repeats',
        description: 'An agent that repeats while an expression is true',
        body: {
          ...NODE,
          loop: { enabled: true, max_iterations: 5, condition: stop(2, 'result.confidence < 0.8') },
        },
      },
    ],
  ],
  [
    'orchestration.delegation_loop',
    [
      {
        label: 'delegation loop',
        description: 'A manager with limits',
        body: {
          manager: stop(1, 'manager'),
          budget: {
            max_loops: 15,
            max_total_workers: 20,
            max_total_tokens: 500_000,
            max_wall_time: 300,
            max_tool_calls: 100,
            max_depth: 0,
          },
          termination: { enabled: true, window: 3 },
        },
      },
    ],
  ],
  [
    'communication.channels[]',
    [
      {
        label: 'channel',
        description: 'A channel with the schema of its messages',
        body: {
          name: stop(1, 'findings'),
          type: 'topic',
          participants: { publishers: [stop(2, 'planner')], subscribers: ['*'] },
          schema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
        },
      },
    ],
  ],
  [
    'observability.evaluation',
    [
      {
        label: 'evaluation',
        description: 'Scores of results, and what a low one leads to',
        body: {
          enabled: true,
          metrics: [
            {
              name: stop(1, 'has_text'),
              kind: 'deterministic',
              params: { expr: stop(2, 'len(result.text) > 0') },
            },
          ],
          thresholds: { accept: 0.85, retry: 0.65, fail: 0.4 },
        },
      },
    ],
  ],
  [
    'capabilities.custom_tools.declarations[]',
    [
      {
        label: 'tool',
        description: 'A tool of the workflow itself',
        body: {
          fqn: stop(1, 'weather.lookup'),
          description: stop(2, 'What it does'),
          file: stop(3, 'weather.py'),
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
        },
      },
    ],
  ],
  [
    'security',
    [
      {
        label: 'security',
        description: 'Breaker, limits and secrets',
        body: {
          circuit_breaker: { enabled: true },
          rate_limiting: { per_agent: { max_calls_per_minute: 60 } },
          secrets: { backend: 'env', required: [stop(1, 'API_KEY')] },
        },
      },
    ],
  ],
];

const CONTRACT = {
  type: 'object',
  properties: {
    [stop(1, 'answer')]: { type: 'string' },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
  },
  required: [stop(1, 'answer'), 'confidence'],
};

const AGENT: readonly (readonly [string, readonly Snippet[]])[] = [
  [
    '',
    [
      {
        label: 'agent',
        description: 'An agent with a contract',
        body: {
          awp_agent: '1.0.0',
          identity: {
            id: stop(1, 'planner'),
            role: stop(2, 'What it is'),
            description: stop(3, 'What it does'),
          },
          prompt: { system: 'workflow/SYSTEM_PROMPT.md' },
          output: { format: 'json', contract: CONTRACT },
        },
      },
    ],
  ],
  [
    'model',
    [
      {
        label: 'model',
        description: 'A model and how it answers',
        body: { name: stop(1, 'openrouter/openai/gpt-5'), parameters: { temperature: 0 } },
      },
    ],
  ],
  [
    'output',
    [
      {
        label: 'output',
        description: 'What the agent answers',
        body: { format: 'json', contract: CONTRACT, validation: { strict: true, max_retries: 3 } },
      },
    ],
  ],
  [
    'capabilities.tools',
    [
      {
        label: 'tools',
        description: 'Tools that the agent may call',
        body: { enabled: true, allowed: [stop(1, 'file.read')] },
      },
    ],
  ],
  [
    'capabilities.codemode',
    [
      {
        label: 'code instead of tool calls',
        description: 'The agent writes programs; needs tools and a box (R19, R20)',
        body: { enabled: true, language: 'python' },
      },
    ],
  ],
];

/** Adds the pieces that editors offer to a schema, in place. */
export function addSnippets(schema: JsonObject, scope: AliasScope): void {
  for (const [path, snippets] of scope === 'workflow' ? WORKFLOW : AGENT) {
    const at = schemaAt(schema, path === '' ? [] : path.split('.'));
    if (!isObject(at)) throw new Error(`there is nothing at ${path} that a snippet could be for`);
    at.defaultSnippets = snippets.map((snippet): Json => ({ ...snippet }));
  }
}
