import { nodeAt, type YamlNode } from '../../base/yaml-node.ts';
import type { Alias } from './alias.ts';
import { aliasesOf, listNode, mapNode, scalarNode, withEntries } from './build.ts';

const { move, values, shape } = aliasesOf('workflow');
const NODE = 'orchestration.graph[]';
const EXECUTION = 'orchestration.execution';
const CONDITIONS = new Set<unknown>(['success', 'failure', 'always']);

/** One dependency as a list of it. */
function asList(node: YamlNode): YamlNode | undefined {
  if (node.kind === 'list' || (node.kind === 'scalar' && node.value === null)) return undefined;
  return listNode(node, [node]);
}

/** `condition: <expression>` of a dependency belongs into `expr`. */
function expressionOfCondition(node: YamlNode): YamlNode | undefined {
  const condition = nodeAt(node, 'condition');
  if (node.kind !== 'map' || condition?.kind !== 'scalar') return undefined;
  if (typeof condition.value !== 'string' || CONDITIONS.has(condition.value)) return undefined;
  const entry = { key: 'expr', keyPlace: condition, value: condition };
  return withEntries(node, [
    ['condition', undefined],
    ['expr', node.entries.get('expr') ?? entry],
  ]);
}

/** The number of further attempts as the object of the standard, which counts all of them. */
function attempts(node: YamlNode): YamlNode | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'number') return undefined;
  if (!Number.isSafeInteger(node.value) || node.value < 0) return undefined;
  return mapNode(node, [['max_attempts', scalarNode(node, node.value + 1)]]);
}

/** `agents/planner` is `planner`: agents live below `agents/` anyway. */
function withoutPrefix(node: YamlNode): YamlNode | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  const [, name] = /^(?:\.\/)?agents\/([^/]+)\/?$/.exec(node.value) ?? [];
  return name === undefined ? undefined : scalarNode(node, name);
}

/** Spellings of the graph and its execution (runtime 2.1). */
export const graphAliases: readonly Alias[] = [
  move(`${EXECUTION}.timeout.per_agent`, `${EXECUTION}.timeout_per_agent`, { code: 'D9' }),
  move(`${EXECUTION}.timeout.total`, `${EXECUTION}.timeout_total`, { code: 'D9' }),
  move(`${EXECUTION}.timeout.idle`, `${EXECUTION}.timeout_idle`, { code: 'D9' }),
  move(`${EXECUTION}.error_handling.default`, `${EXECUTION}.on_error`, { code: 'D9' }),
  values(`${EXECUTION}.on_error`, { abort: 'stop' }),
  shape(`${NODE}.agent`, {
    accepts: { type: 'string', pattern: '^agents/' },
    canonical: 'the name of the folder below `agents/`',
    reshape: withoutPrefix,
    code: 'D4',
  }),
  shape(`${NODE}.depends_on`, {
    accepts: { type: ['string', 'object'] },
    canonical: 'a list',
    reshape: asList,
  }),
  move(`${NODE}.depends_on[].agent`, `${NODE}.depends_on[].id`),
  move(`${NODE}.depends_on[].when`, `${NODE}.depends_on[].expr`),
  shape(`${NODE}.depends_on[]`, {
    accepts: { type: 'object', properties: { id: {}, condition: { type: 'string' } } },
    canonical: '{ id, expr }',
    reshape: expressionOfCondition,
  }),
  values(`${NODE}.on_failure`, { abort: 'stop' }),
  shape(`${NODE}.retry`, {
    accepts: { type: 'integer', minimum: 0 },
    canonical: '{ max_attempts: N + 1 }',
    reshape: attempts,
    note: 'the number counts further attempts, `max_attempts` counts all of them',
  }),
  move(`${NODE}.condition`, `${NODE}.when`),
  move(`${NODE}.loop.mode`, `${NODE}.loop.type`),
  move(`${NODE}.loop.until_condition`, `${NODE}.loop.condition`, {
    code: 'D8',
    note: 'despite its name the loop goes on while it is true',
  }),
  move(`${NODE}.fan_out.source_field`, `${NODE}.fan_out.source`),
  move(`${NODE}.fan_out.aggregation`, `${NODE}.fan_in.strategy`, { code: 'D9' }),
];
