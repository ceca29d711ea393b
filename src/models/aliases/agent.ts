import type { YamlNode } from '../../base/yaml-node.ts';
import type { Alias } from './alias.ts';
import { aliasesOf, listNode, scalarNode } from './build.ts';

const { move, shape } = aliasesOf('agent');
const SKILLS = 'capabilities.skills';
const VALIDATION = 'output.validation';

function oneAsList(node: YamlNode): YamlNode | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  return listNode(node, node.value === '' ? [] : [node]);
}

function noneAsList(node: YamlNode): YamlNode | undefined {
  if (node.kind !== 'scalar' || node.value !== null) return oneAsList(node);
  return listNode(node, []);
}

const STRICT = new Map<unknown, boolean | string>([
  ['strict', true],
  ['lenient', false],
  ['none', 'none'],
]);

/** `strict` and `lenient` as whether it is strict; another value is left to the schema. */
function isStrict(node: YamlNode): YamlNode {
  if (node.kind !== 'scalar') return node;
  return scalarNode(node, STRICT.get(node.value) ?? node.value);
}

const AFTER = new Map<unknown, string>([
  ['retry', 'error'],
  ['abort', 'error'],
  ['skip', 'skip'],
  ['use_partial', 'passthrough'],
]);

/** What comes after the retries, which both vocabularies do first (surfaces 7.9). */
function afterRetries(node: YamlNode): YamlNode {
  if (node.kind !== 'scalar') return node;
  return scalarNode(node, AFTER.get(node.value) ?? node.value);
}

function unlimited(node: YamlNode): YamlNode | undefined {
  return node.kind === 'scalar' && node.value === 0 ? scalarNode(node, null) : undefined;
}

/** Spellings of agents (surfaces 0.2 and 7.9). */
export const agentAliases: readonly Alias[] = [
  shape('model.fallback', {
    accepts: { type: ['string', 'null'] },
    canonical: 'a list',
    reshape: noneAsList,
  }),
  move('model.temperature', 'model.parameters.temperature', { code: 'D9' }),
  move('model.max_tokens', 'model.parameters.max_tokens', { code: 'D9' }),
  move('model.top_p', 'model.parameters.top_p', { code: 'D9' }),
  move(`${VALIDATION}.mode`, `${VALIDATION}.strict`, { code: 'D3', convert: isStrict }),
  move(`${VALIDATION}.on_invalid`, `${VALIDATION}.on_failure`, {
    code: 'D2',
    convert: afterRetries,
  }),
  move(`${SKILLS}.agent_skills`, `${SKILLS}.agent_specific`),
  move(`${SKILLS}.project_skills`, `${SKILLS}.shared`),
  shape('capabilities.tools.max_calls', {
    accepts: { const: 0 },
    canonical: 'null',
    reshape: unlimited,
    note: 'the standard means unlimited by 0; elsewhere 0 is none',
  }),
  move('memory.long_term.inject', 'memory.long_term_inject', { code: 'D9' }),
  move('memory.long_term.enabled', 'memory.long_term_inject', { code: 'D9' }),
  move('memory.long_term.max_tokens', 'memory.long_term_max_tokens', { code: 'D9' }),
  move('memory.daily_log.enabled', 'memory.daily_log_enabled', { code: 'D9' }),
  move('memory.daily_log.auto_write', 'memory.daily_log_auto_write', { code: 'D9' }),
];
