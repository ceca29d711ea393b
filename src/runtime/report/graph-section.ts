import type { WalkedNode } from '../../events/graph-walk.ts';
import { skipReason, walkNodes } from '../../events/graph-walk.ts';
import type { Frame } from '../../events/state.ts';
import { agentSection } from './agent-section.ts';
import type { ReportLook } from './look.ts';
import { nested } from './loop-section.ts';
import { code, codes, count, counted, heading, inline } from './markdown.ts';

/** Agents of one node, and nodes, that are told in full. */
const MOST_AGENTS = 30;
const MOST_NODES = 500;

/** The nodes of a graph in their order, those of sub-workflows behind the node that they belong to. */
export function graphSection(look: ReportLook): string[] {
  const byNode = new Map<string, Frame[]>();
  for (const frame of look.state.frames.values()) {
    if (!frame.node) continue;
    const key = `${frame.parent ?? ''}/${frame.node.id}`;
    byNode.set(key, [...(byNode.get(key) ?? []), frame]);
  }
  const sections: string[] = [];
  let nodes = 0;
  for (const walked of walkNodes(look.state)) {
    nodes += 1;
    if (nodes > MOST_NODES) continue;
    const agents = byNode.get(`${walked.graph.frame}/${walked.node.plan.id}`) ?? [];
    sections.push(...nodeSection(look, walked, agents));
  }
  return nodes > MOST_NODES ? [...sections, `${count(nodes - MOST_NODES)} more nodes.`] : sections;
}

function nodeSection(look: ReportLook, walked: WalkedNode, agents: readonly Frame[]): string[] {
  const { path, graph, node } = walked;
  const why = node.status === 'failed' ? (node.reason ?? '') : skipReason(node, graph);
  const after = node.plan.dependsOn.map(({ id }) => id);
  const facts = [
    ...(after.length > 0 ? [`- After ${codes(after)}`] : []),
    ...(node.code === undefined ? [] : [`- Failed, ${code(node.code)}`]),
    ...(why === '' ? [] : [`- ${inline(why, 600)}`]),
    ...(node.runs > 1 ? [`- ${counted(node.runs, 'agent')} were started for it`] : []),
    ...(node.rounds.length > 0 ? [`- ${counted(node.rounds.length, 'round')} ended`] : []),
    ...(look.chronicle.notes.get(`${graph.frame}/${node.plan.id}`)?.list() ?? []),
  ];
  const told = agents.filter(({ role }) => role !== 'graph');
  const left = told.length - MOST_AGENTS;
  return [
    heading(3, `Node ${code(path)}: ${node.status}`),
    ...(facts.length > 0 ? [facts.join('\n')] : []),
    ...told
      .slice(0, MOST_AGENTS)
      .flatMap((frame) =>
        frame.role === 'manager' ? nested(look, frame, 4) : [agentSection(look, frame, 4)],
      ),
    ...(left > 0 ? [`${count(left)} more agents.`] : []),
  ];
}
