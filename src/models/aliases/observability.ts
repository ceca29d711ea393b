import { nodeAt, scalarAt, textAt, type YamlNode } from '../../base/yaml-node.ts';
import type { Alias } from './alias.ts';
import { aliasesOf, listNode, mapNode, scalarNode, withEntries } from './build.ts';

const { move, shape, values } = aliasesOf('workflow');
const LOGGING = 'observability.logging';
const METRICS = 'observability.metrics';
const TRACING = 'observability.tracing';
const AUDIT = 'observability.audit';
const LIVENESS = 'observability.health.liveness';

const OUTPUTS = new Map([
  ['stdout', 'console'],
  ['console', 'console'],
  ['file', 'file'],
  ['otlp', 'otlp'],
]);

/** `destination` and `path` as one entry of `outputs`; other values are left to the schema. */
function outputs(node: YamlNode): YamlNode | undefined {
  const destination = scalarAt(node, 'destination');
  const path = nodeAt(node, 'path');
  if (node.kind !== 'map' || !(destination ?? path)) return undefined;
  if (destination && typeof destination.value !== 'string') return undefined;
  const at = destination ?? path ?? node;
  const name = textAt(node, 'destination') ?? 'file';
  const type = scalarNode(at, OUTPUTS.get(name) ?? name);
  const output = mapNode(at, [['type', type], ...(path ? ([['path', path]] as const) : [])]);
  const list = { key: 'outputs', keyPlace: at, value: listNode(at, [output]) };
  return withEntries(node, [
    ['destination', undefined],
    ['path', undefined],
    ['outputs', node.entries.get('outputs') ?? list],
  ]);
}

function integrity(node: YamlNode): YamlNode {
  if (node.kind !== 'scalar' || typeof node.value !== 'boolean') return node;
  return scalarNode(node, node.value ? 'hash_chain' : 'none');
}

/** Any `export.format` means files. */
function fileExporter(node: YamlNode): YamlNode {
  return scalarNode(node, 'file');
}

/** Spellings of logs, metrics, traces, audit and health (surfaces 7.7, capabilities 8.1). */
export const observabilityAliases: readonly Alias[] = [
  shape(LOGGING, {
    accepts: {
      type: 'object',
      properties: { destination: { enum: ['stdout', 'file', 'otlp'] }, path: { type: 'string' } },
    },
    canonical: 'outputs: [{ type, path }]',
    reshape: outputs,
  }),
  move(`${LOGGING}.log_agent_io`, `${LOGGING}.capture.agent_io`, { code: 'D9' }),
  move(`${LOGGING}.log_state_transitions`, `${LOGGING}.capture.state_transitions`, { code: 'D9' }),
  move(`${LOGGING}.log_llm_prompts`, `${LOGGING}.capture.llm_prompts`, { code: 'D9' }),
  move(`${LOGGING}.log_tool_calls`, `${LOGGING}.capture.tool_calls`, { code: 'D9' }),
  move(`${METRICS}.collector`, `${METRICS}.exporter`),
  move(`${METRICS}.export_interval`, `${METRICS}.interval`),
  move(`${METRICS}.custom_metrics`, `${METRICS}.custom`),
  move(`${TRACING}.sample_rate`, `${TRACING}.sampling.rate`, { code: 'D9' }),
  move(`${TRACING}.export.path`, `${TRACING}.path`, { code: 'D9' }),
  move(`${TRACING}.export.format`, `${TRACING}.exporter`, { code: 'D9', convert: fileExporter }),
  move(`${AUDIT}.hash_chain`, `${AUDIT}.integrity`, { code: 'D3', convert: integrity }),
  move(`${AUDIT}.path`, `${AUDIT}.storage.path`, { code: 'D9' }),
  move(`${AUDIT}.retention_days`, `${AUDIT}.retention.max_age_days`, { code: 'D9' }),
  move(`${LIVENESS}.on_failure.max_consecutive`, `${LIVENESS}.failure_threshold`, { code: 'D9' }),
  move(`${LIVENESS}.on_failure.action`, `${LIVENESS}.action`, { code: 'D9' }),
  values(`${LOGGING}.level`, {
    debug: 'DEBUG',
    info: 'INFO',
    warning: 'WARNING',
    warn: 'WARNING',
    WARN: 'WARNING',
    error: 'ERROR',
    critical: 'CRITICAL',
  }),
];
