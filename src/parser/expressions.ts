import type { DiagnosticCode } from '../base/diagnostic.ts';
import type { Expression } from '../base/expression/expression.ts';
import { parseExpression } from '../base/expression/parse.ts';
import { placesIn } from '../base/places-in.ts';
import {
  itemsAt,
  nodeAt,
  textAt,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../base/yaml-node.ts';
import type { ExpressionUse, WorkflowExpression } from '../models/workflow.ts';
import type { Reading } from './reading.ts';

/** All expressions of a manifest that can be read; the others are reported (X1, X2, X4). */
export function readExpressions(tree: YamlMap, reading: Reading): WorkflowExpression[] {
  const found: WorkflowExpression[] = [];
  const read = (at: YamlNode | undefined, use: ExpressionUse, node?: string): void => {
    if (at?.kind !== 'scalar' || typeof at.value !== 'string') return;
    const expression = readExpression(at, at.value, reading);
    if (expression) found.push({ at, expression, use, node });
  };
  for (const node of itemsAt(tree, 'orchestration', 'graph')) {
    const id = textAt(node, 'id');
    read(nodeAt(node, 'enabled'), 'condition', id);
    for (const dependency of itemsAt(node, 'depends_on'))
      read(nodeAt(dependency, 'expr'), 'condition', id);
    read(nodeAt(node, 'when'), 'condition', id);
    // An empty one stands for all rounds (runtime 2.7).
    const condition = nodeAt(node, 'loop', 'condition');
    if (textAt(condition)?.trim() !== '') read(condition, 'loop', id);
    read(nodeAt(node, 'fan_in', 'expr'), 'reduce', id);
  }
  for (const metric of itemsAt(tree, 'observability', 'evaluation', 'metrics')) {
    const params = nodeAt(metric, 'params');
    read(nodeAt(params, 'expr'), 'evaluation');
    for (const assertion of itemsAt(params, 'assertions')) read(assertion, 'evaluation');
  }
  for (const rule of itemsAt(tree, 'state', 'sharing', 'rules'))
    read(nodeAt(rule, 'transform'), 'transform');
  return found;
}

function readExpression(at: YamlScalar, text: string, reading: Reading): Expression | undefined {
  const parsed = parseExpression(text);
  if (parsed.ok) return parsed.expression;
  const { code, message, help, from, to } = parsed.error;
  const card: DiagnosticCode = { code, severity: 'error' };
  reading.report(card, { at: placesIn(at, text)(from, to), message, help });
  return undefined;
}
