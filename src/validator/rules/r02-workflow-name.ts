import type { Severity } from '../../base/diagnostic.ts';
import { nodeAt } from '../../base/yaml-node.ts';
import { WORKFLOW_NAME, workflowNameFrom } from '../../models/common.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { keyPlace } from '../view.ts';

/** R2: the name of a workflow. */
export const r02WorkflowName: Rule = {
  code: 'R2',
  aliases: ['R1'],
  title: '`workflow.name` is 2 to 64 of a-z, 0-9, `_` and `-`, starting with a letter',
  severity: 'error',
  why: `The name ends up in file names, in the names of packages and in addresses. It must not end with
\`_\` or \`-\`. It should be the name of the folder (\`-\` and \`_\` count alike, a number such as \`01-\`
before it does not count); a difference is a warning. A folder whose name has other characters, such
as spaces, is noted only, if the workflow has the nearest name that it can have.`,
  bad: manifest('').replace('news-digest', 'News Digest'),
  good: manifest(''),

  check({ manifest: document, folderName }, report) {
    if (!document) return;
    const at = nodeAt(document.tree, 'workflow', 'name');
    if (!at) {
      const place = keyPlace(document.tree, ['workflow']);
      if (place)
        report({ at: place, message: '`name` is missing', help: 'add `name: my-workflow`' });
      return;
    }
    const name = at.kind === 'scalar' ? at.value : undefined;
    if (typeof name !== 'string' || !WORKFLOW_NAME.test(name)) {
      const near = typeof name === 'string' ? workflowNameFrom(name) : undefined;
      const message = `\`${typeof name === 'string' ? name.slice(0, 70) : 'this'}\` cannot be the name of a workflow`;
      const help = near === undefined ? 'write 2 to 64 of a-z, 0-9, _ and -' : `write \`${near}\``;
      report({ at, message, help });
      return;
    }
    const severity = folderName === undefined ? undefined : compared(name, folderName);
    if (!severity) return;
    const message = `the workflow is called \`${name}\`, its folder \`${folderName}\``;
    report({ at, severity, message, help: 'give both the same name' });
  },
};

/** What is to be thought of a folder's name; undefined when it is the workflow's. */
function compared(name: string, folder: string): Severity | undefined {
  if (plain(folder) === plain(name)) return undefined;
  const nearest = workflowNameFrom(folder);
  return nearest === undefined || plain(nearest) === plain(name) ? 'info' : 'warning';
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\d+[-_]/, '')
    .replaceAll('_', '-');
}
