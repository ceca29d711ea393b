import type { Finding } from '../../base/diagnostic.ts';
import { nodeAt, type YamlNode } from '../../base/yaml-node.ts';
import { AGENT_ID } from '../../models/common.ts';
import { agent } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { keyPlace } from '../view.ts';

/** R12: the id of an agent. */
export const r12AgentId: Rule = {
  code: 'R12',
  aliases: ['R2'],
  title: '`identity.id` is 2 to 48 of a-z, 0-9 and `_`, starting with a letter',
  severity: 'error',
  why: `Expressions refer to agents as \`state.<id>\`, so an id must be a plain name. It must not end with
\`_\`. A single letter, which Python models let pass, is a warning.`,
  bad: agent({ id: 'News-Writer' }),
  good: agent({ id: 'news_writer' }),

  check({ agents }, report) {
    for (const { tree } of agents.values()) {
      const at = nodeAt(tree, 'identity', 'id');
      const place = at ?? keyPlace(tree, ['identity']);
      if (at) checkId(at, report);
      else if (place) {
        report({
          at: place,
          message: '`id` is missing',
          help: 'add the name of the folder as `id`',
        });
      }
    }
  },
};

function checkId(at: YamlNode, report: (finding: Finding) => void): void {
  const id = at.kind === 'scalar' ? String(at.value) : 'this';
  const text = at.kind === 'scalar' && typeof at.value === 'string';
  if (text && AGENT_ID.test(id)) return;
  const near = legalId(id);
  const help = near === undefined ? 'write 2 to 48 of a-z, 0-9 and _' : `write \`${near}\``;
  if (text && /^[a-z]$/.test(id)) {
    report({ at, severity: 'warning', message: 'an id of one letter is too short', help });
  } else report({ at, message: `\`${id.slice(0, 60)}\` cannot be the id of an agent`, help });
}

function legalId(id: string): string | undefined {
  const legal = id
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '');
  return AGENT_ID.test(legal) ? legal : undefined;
}
