import type { Finding } from '../base/diagnostic.ts';
import { nodeAt, type Place, plainValue, type YamlNode } from '../base/yaml-node.ts';
import { jsonSchema } from '../models/json-schema.ts';

/** Problems that are told of one schema. */
const MOST = 8;

type Issue = NonNullable<ReturnType<typeof jsonSchema.safeParse>['error']>['issues'][number];

/** What keeps a node from being a JSON Schema that is safe to use; empty when nothing does. */
export function schemaProblems(node: YamlNode): Finding[] {
  const parsed = jsonSchema.safeParse(plainValue(node));
  if (parsed.success) return [];
  return leaves(parsed.error.issues, [])
    .slice(0, MOST)
    .map(({ path, message }) => ({
      at: placeOf(node, path),
      message: `this is not valid JSON Schema: ${message}`,
      help: 'see the keywords of JSON Schema, draft 2020-12',
    }));
}

interface Leaf {
  path: PropertyKey[];
  message: string;
}

/** Of a union, the branch for objects: a schema is hardly ever meant to be `true`. */
function leaves(issues: readonly Issue[], above: readonly PropertyKey[]): Leaf[] {
  return issues.flatMap((issue): Leaf[] => {
    const path = [...above, ...issue.path];
    if (issue.code !== 'invalid_union') return [{ path, message: wordsOf(issue) }];
    const branches = issue.errors.filter((branch) => branch.some((inner) => inner.path.length > 0));
    const [branch] = branches.length > 0 ? branches : issue.errors.slice(-1);
    return branch ? leaves(branch, path) : [];
  });
}

function wordsOf(issue: Issue): string {
  if (issue.code === 'invalid_value')
    return `it must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_type') return `it must be of type ${issue.expected}`;
  return issue.message.replace(/^Invalid (input|string): /, 'it ');
}

function placeOf(root: YamlNode, path: readonly PropertyKey[]): Place {
  const steps = path.map((step) => (typeof step === 'number' ? step : String(step)));
  for (let length = steps.length; length > 0; length--) {
    const node = nodeAt(root, ...steps.slice(0, length));
    if (node) return node;
  }
  return { ...root, to: Math.min(root.to, root.from + 1) };
}
