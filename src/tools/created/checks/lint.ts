import type { DraftProblem, PlanNamespace, ToolDraft } from '../../../events/creation.ts';
import type { DraftCheck, DraftContext, DraftPlace } from '../../../ports/toolsmith.ts';
import { type Analysis, analyse, type Imported, type Placed, type Used } from './analysis.ts';
import { type CodePlace, type Finding, placeText, problemOf, shown } from './problem.ts';
import {
  type ConstructRule,
  type ConstructRules,
  type ModuleRule,
  PYTHON_CONSTRUCTS,
  PYTHON_MODULES,
  SCRIPT_CONSTRUCTS,
  SCRIPT_MODULES,
} from './rules.ts';
import { unreadProblem } from './signature.ts';

/** Findings in one message: a repair sees all that it has to do. */
const LISTED = 5;

/**
 * Modules and constructs that tools of this namespace have no use for (spec, capabilities 4.2, 4.5,
 * rules NC1 to NC3). It tells early and in plain words; what holds a tool is the box.
 */
export const lintCheck: DraftCheck = { stage: 'lint', check: checkLint };

async function checkLint(
  draft: ToolDraft,
  place: DraftPlace,
  context: DraftContext,
): Promise<DraftProblem | undefined> {
  const analysis = await analyse(draft, context);
  if ('unread' in analysis) return unreadProblem(analysis, 'lint');
  const found = findings(analysis, draft, place.namespace);
  const [first] = found;
  if (!first) return undefined;
  const errors = new Set(found.map(({ error, ...where }) => `${placeText(where)}: ${error}`));
  const hints = new Set(found.slice(0, LISTED).map(({ hint }) => hint));
  return problemOf('lint', {
    category: first.category,
    error: [...errors].slice(0, LISTED).join('; '),
    hint: [...hints].join('; '),
  });
}

function findings(
  { imports, used }: Analysis,
  { language }: ToolDraft,
  { capabilities }: PlanNamespace,
): Placed<Finding>[] {
  const python = language === 'python';
  const granted = ({ capability }: ModuleRule | ConstructRule): boolean =>
    capability !== undefined && capabilities.includes(capability);
  const rules = python ? PYTHON_CONSTRUCTS : SCRIPT_CONSTRUCTS;
  const lookAt = python ? pythonImport : scriptImport;
  return [
    ...imports.flatMap((one) =>
      lookAt(one, granted).map((finding) => ({ ...at(one), ...finding })),
    ),
    ...used.flatMap((one) => {
      const finding = useFinding(one, rules, granted);
      return finding ? [{ ...at(one), ...finding }] : [];
    }),
  ].sort((a, b) => a.line - b.line || a.column - b.column);
}

function at({ line, column }: CodePlace): CodePlace {
  return { line, column };
}

type Granted = (rule: ModuleRule | ConstructRule) => boolean;

function pythonImport({ module, names }: Imported, granted: Granted): Finding[] {
  if (module.startsWith('.')) {
    return [
      importFinding(`import from ${shown(module)}`, 'a tool is one file: put it all into the code'),
    ];
  }
  const root = module.split('.')[0] ?? '';
  const rule = PYTHON_MODULES.get(root);
  if (rule) return granted(rule) ? [] : [moduleFinding(root, rule)];
  return names.flatMap((name) => {
    const reached = reachedRule(name);
    return reached && !granted(reached) ? [moduleFinding(name, reached)] : [];
  });
}

function scriptImport({ module }: Imported, granted: Granted): Finding[] {
  if (
    /^(?:[./]|[a-z]+:(?!\/?\/?$))/i.test(module) &&
    !module.startsWith('node:') &&
    !module.startsWith('npm:')
  ) {
    return [
      importFinding(`import from ${shown(module)}`, 'a tool is one file: put it all into the code'),
    ];
  }
  const root = rootOf(module.replace(/^n(?:ode|pm):/, ''));
  const rule = SCRIPT_MODULES.get(root);
  return rule && !granted(rule) ? [moduleFinding(root, rule)] : [];
}

/** `fs` of `fs/promises`, and the name without its version of `undici@7`. */
function rootOf(module: string): string {
  return module.split('/')[0]?.replace(/(?<=.)@.*$/, '') ?? '';
}

function reachedRule(name: string): ModuleRule | undefined {
  return PYTHON_MODULES.get(name) ?? PYTHON_MODULES.get(name.replace(/^_+/, ''));
}

function moduleFinding(name: string, { capability, hint }: ModuleRule): Finding {
  const needs =
    capability === undefined ? 'is not for tools' : `needs the capability ${capability}`;
  return { category: 'import', error: `import of ${shown(name)}, which ${needs}`, hint };
}

function importFinding(error: string, hint: string): Finding {
  return { category: 'import', error, hint };
}

/** Words for a use, by its kind. */
const WORDS: Readonly<Record<Used['kind'], (name: string) => string>> = {
  name: (name) => `use of ${shown(name)}`,
  field: (name) => `use of the field ${shown(name)}`,
  call: (name) => `call of the field ${shown(name)}`,
  text: (name) => `the text ${shown(name)}, which names a field`,
  module: (name) => `use of the module ${shown(name)} of another module`,
  'import-call': () => 'import while the tool runs',
  'built-in': (name) => `change of ${name}`,
};
const KIND_HINTS: Readonly<Partial<Record<Used['kind'], string>>> = {
  'import-call': 'import at the top: `import ... from ...`',
  'built-in': 'write a function of your own instead',
};
const OTHERWISE = 'write it without';

function useFinding(
  { kind, name }: Used,
  { names, fields, calls }: ConstructRules,
  granted: Granted,
): Finding | undefined {
  const error = WORDS[kind](name);
  if (kind === 'module') {
    const rule = reachedRule(name);
    if (!rule || granted(rule)) return undefined;
    return { category: 'import', error, hint: rule.hint };
  }
  const rule = names.get(name) ?? fields.get(name) ?? calls.get(name);
  if (rule && granted(rule)) return undefined;
  const hint = KIND_HINTS[kind] ?? rule?.hint ?? OTHERWISE;
  return { category: 'forbidden_construct', error, hint };
}
