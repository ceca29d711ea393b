import { AwpError } from '../../base/errors.ts';

/**
 * What an author may write as a package: a name and what version it may have. Everything else that
 * pip and npm take (options, addresses, files, repositories, aliases) would run or fetch something
 * that the index does not answer for, and is refused (spec, capabilities 2.5 and 12.9).
 */

/** A package as its tool is asked for it. */
export interface PackageSpec {
  /** As the index compares it: names that mean the same package are equal. */
  name: string;
  /** Name and version, without hashes. */
  text: string;
  /** `sha256:HEX` of the files that will do; empty when any will. */
  hashes: readonly string[];
}

/** Characters of one package, without its hashes. */
const MAX_CHARACTERS = 128;
/** Characters of one package with all its hashes: a large one has about a hundred wheels. */
const MAX_WITH_HASHES = 32_768;

const PYTHON_NAME = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const PYTHON_EXTRAS = `\\[ *${PYTHON_NAME}(?: *, *${PYTHON_NAME})* *\\]`;
const PYTHON_VERSION = '[A-Za-z0-9][A-Za-z0-9._+!-]*(?:\\.\\*)?';
const PYTHON_CLAUSE = `(?:===|==|~=|!=|<=|>=|<|>) *${PYTHON_VERSION}`;
const PYTHON = new RegExp(
  `^(${PYTHON_NAME})(?: *${PYTHON_EXTRAS})?(?: *${PYTHON_CLAUSE}(?: *, *${PYTHON_CLAUSE})*)?$`,
);
const HASHES = /(?: +--hash=sha256:[0-9a-f]{64})+ *$/;
const EXACT = /^[^=<>!~]+={2,3}[^,*]+$/;
/** Files have names like packages; no package that anybody could want ends like this. */
const ARCHIVE = /\.(?:whl|zip|tgz|gz|bz2|xz|zst|tar|egg)$/i;

const NPM_PART = '[a-z0-9][a-z0-9._-]*';
const NPM_NUMBER = '(?:0|[1-9]\\d{0,15})';
const NPM_VERSION = `${NPM_NUMBER}(?:\\.(?:${NPM_NUMBER}|[x*])){0,2}(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?`;
const NPM_CLAUSE = `(?:\\^|~|>=|<=|>|<|=)?${NPM_VERSION}`;
const NPM = new RegExp(
  `^((?:@${NPM_PART}/)?${NPM_PART})(?:@(?:\\*|${NPM_CLAUSE}(?: ${NPM_CLAUSE})*))?$`,
);

/**
 * Reads Python packages, sorted: `name[extra]>=1,<2`, each with any number of ` --hash=sha256:HEX`.
 * Throws `sandbox/bad-package` for anything else, for a package that is named twice, and when only
 * some have hashes: pip then wants them for all, dependencies included.
 */
export function pythonSpecs(texts: readonly string[]): PackageSpec[] {
  const specs = checked(texts, pythonSpec);
  if (!specs.some(({ hashes }) => hashes.length > 0)) return specs;
  const without = specs.find(({ hashes, text }) => hashes.length === 0 || !EXACT.test(text));
  if (!without) return specs;
  throw new AwpError(
    'sandbox/bad-package',
    `the Python package ${without.text} has no hash or no exact version, but others have hashes`,
    { hint: 'give all packages and what they need as name==version --hash=sha256:..., or none' },
  );
}

/**
 * Reads npm packages, sorted: `name`, `@scope/name`, and each with `@version-or-range`. Throws
 * `sandbox/bad-package` for anything else and for a package that is named twice.
 */
export function npmSpecs(texts: readonly string[]): PackageSpec[] {
  return checked(texts, npmSpec);
}

/** A Python package's name as it is compared (PEP 503): case and kind of separator do not count. */
export function pythonName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

function pythonSpec(given: string): PackageSpec | undefined {
  const ending = HASHES.exec(given)?.[0] ?? '';
  const text = given.slice(0, given.length - ending.length).trim();
  const name = PYTHON.exec(text)?.[1];
  if (name === undefined || text.length > MAX_CHARACTERS || ARCHIVE.test(text)) return undefined;
  const hashes = [...new Set(ending.match(/sha256:[0-9a-f]{64}/g) ?? [])].sort();
  const rest = text.slice(name.length).replace(/ /g, '');
  return { name: pythonName(name), text: pythonName(name) + rest, hashes };
}

function npmSpec(given: string): PackageSpec | undefined {
  const text = given.trim();
  const name = NPM.exec(text)?.[1];
  if (name === undefined || text.length > MAX_CHARACTERS || ARCHIVE.test(text)) return undefined;
  return { name, text, hashes: [] };
}

function checked(
  texts: readonly string[],
  read: (text: string) => PackageSpec | undefined,
): PackageSpec[] {
  if (texts.length === 0) throw new AwpError('sandbox/bad-package', 'no package is named');
  const specs = new Map<string, PackageSpec>();
  for (const given of texts) {
    const spec = given.length > MAX_WITH_HASHES ? undefined : read(given);
    if (!spec) throw notASpec(given, read === pythonSpec);
    const other = specs.get(spec.name);
    if (other && (other.text !== spec.text || String(other.hashes) !== String(spec.hashes))) {
      throw new AwpError('sandbox/bad-package', `${spec.name} is named twice, and not alike`);
    }
    specs.set(spec.name, spec);
  }
  return [...specs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function notASpec(given: string, python: boolean): AwpError {
  const shown = JSON.stringify(given.slice(0, MAX_CHARACTERS));
  const form = python
    ? 'write a name, extras and versions, such as pandas>=2,<3 or polars[excel]==1.9.0'
    : 'write a name and a version or range, such as left-pad, d3@7 or @scope/name@^1.2.0';
  return new AwpError('sandbox/bad-package', `${shown} cannot be installed: it is no package`, {
    hint: `${form}; at most ${MAX_CHARACTERS} characters, no options, addresses, paths or aliases`,
  });
}
