import { type Finding, replace } from '../../base/diagnostic.ts';
import { nodeAt, type Place, type YamlMap, type YamlScalar } from '../../base/yaml-node.ts';
import { SEMVER } from '../../models/common.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';

/** R1: `awp` is a version that this release knows. */
export const r01Version: Rule = {
  code: 'R1',
  title: '`awp` is a SemVer 2.0.0 version with major version 1, as text',
  severity: 'error',
  why: `The first line says which version of the protocol a workflow is written for. It is a text, so it
stands in quotes: without them YAML reads \`1.0\` as a number. \`"1.0"\` is often seen and is read as
\`"1.0.0"\`, with a warning. Another major version is refused, because its meaning is not known.`,
  bad: manifest('').replace('"1.0.0"', '1.0'),
  good: manifest(''),

  check({ manifest: document }, report) {
    if (!document) return;
    const at = nodeAt(document.tree, 'awp');
    if (at?.kind === 'scalar') checkVersion(at, report);
    else if (at) {
      const kind = at.kind === 'map' ? 'a map' : 'a list';
      const message = `\`awp\` must be a text, not ${kind}`;
      report({ at, message, help: 'write "1.0.0", with the quotes' });
    } else report({ at: startOf(document.tree), ...missing });
  },
};

const missing = {
  message: '`awp` is missing',
  help: 'add `awp: "1.0.0"` as the first line',
};

function checkVersion(at: YamlScalar, report: (finding: Finding) => void): void {
  const { value } = at;
  if (value === null) {
    report({ at, ...missing });
    return;
  }
  const text = String(value);
  const fix = { title: 'write "1.0.0"', edits: [replace(at, '"1.0.0"')] };
  if (typeof value !== 'string') {
    // As it is written: 1.0 is the number 1, but that is not what the author sees.
    const written = at.source.text.slice(at.from, at.to);
    const message = `\`awp\` must be a text, not the ${typeof value} ${written.slice(0, 40)}`;
    report({
      at,
      message,
      help: 'write "1.0.0", with the quotes',
      ...(value === 1 && { fix }),
    });
    return;
  }
  if (value === '1.0') {
    const message = '`"1.0"` has two numbers; it is read as `"1.0.0"`';
    report({ at, severity: 'warning', message, help: 'write "1.0.0"', fix });
    return;
  }
  if (!SEMVER.test(value)) {
    const message = `\`${text.slice(0, 40)}\` is not a SemVer 2.0.0 version`;
    const known = /^v?1(\.0){0,2}$/.test(value);
    report({ at, message, help: 'write "1.0.0"', ...(known && { fix }) });
    return;
  }
  const major = Number(value.split('.', 1)[0]);
  if (major === 1) return;
  const message = `version ${value} of the protocol is not supported`;
  report({ at, message, help: 'this release knows version 1: write "1.0.0"' });
}

function startOf(tree: YamlMap): Place {
  return { ...tree, to: Math.min(tree.to, tree.from + 1) };
}
