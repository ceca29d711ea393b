import { itemsAt, scalarAt } from '../../base/yaml-node.ts';
import { RESERVED_NAMESPACES, TOOL_NAME } from '../../models/common.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { customToolsOf } from '../view.ts';

const tool = (fqn: string): string =>
  manifest(
    `capabilities:\n  custom_tools:\n    auto_discovery: true\n    declarations:\n      - { fqn: ${fqn}, description: Reads a feed. }`,
  );

/** R10: custom tools have namespaces of their own. */
export const r10ReservedNamespaces: Rule = {
  code: 'R10',
  aliases: ['R15'],
  title: 'custom tools are called `namespace.action` and stay out of reserved namespaces',
  severity: 'error',
  why: `Namespaces of built-in tools are reserved: ${RESERVED_NAMESPACES.join(', ')}, and those that
\`reserved_namespaces\` adds. A declaration with \`replaces: true\` may stand for the built-in tool of
its name.`,
  bad: tool('web.feed'),
  good: tool('news.feed'),

  check(workflow, report) {
    const more = itemsAt(
      workflow.manifest?.tree,
      'capabilities',
      'custom_tools',
      'reserved_namespaces',
    );
    const reserved = new Set([
      ...RESERVED_NAMESPACES,
      ...more.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : [])),
    ]);
    const declared = customToolsOf(workflow);
    const replacing = new Set(
      declared.flatMap(({ name, declaration }) =>
        scalarAt(declaration, 'replaces')?.value === true ? [name] : [],
      ),
    );
    for (const { name, at } of [...declared, ...workflow.foundTools]) {
      if (typeof name !== 'string' || !TOOL_NAME.test(name)) {
        const message = `\`${String(name).slice(0, 60)}\` is not the name of a tool`;
        report({ at, message, help: 'write `namespace.action`, in a-z, 0-9 and _' });
        continue;
      }
      const [namespace = ''] = name.split('.');
      if (!reserved.has(namespace) || replacing.has(name)) continue;
      const message = `the namespace \`${namespace}\` is reserved`;
      const help = 'choose another one; `replaces: true` says that a built-in tool is meant';
      report({ at, message, help });
    }
  },
};
