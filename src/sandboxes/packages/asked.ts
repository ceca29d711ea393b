import { AwpError } from '../../base/errors.ts';
import { isObject, type Json, parseJson } from '../../base/json.ts';
import type { SandboxPolicy } from '../../events/plan.ts';
import type { Execution, SandboxJob, SandboxPackage } from '../../ports/sandbox.ts';
import { type PackageSpec, pythonSpecs } from './specs.ts';

/** What is asked for, and by whom it was declared. */
export interface Asked {
  /** In the form of `pythonSpecs`, without hashes. */
  asked: readonly string[];
  policy: SandboxPolicy;
}

/** How long the program that looks for packages may take, in milliseconds. */
const LOOK_MS = 20_000;
const NAME_AND_EXTRAS = /^([^[=<>!~]+)(?:\[([^\]]*)\])?/;

/**
 * Looks in a box for the packages that are asked for: what a policy declares is installed before any
 * program of it runs. `run` runs a program in the box. Throws what `Sandbox.packages` throws.
 */
export async function packagesIn(
  run: (job: SandboxJob, signal: AbortSignal) => Promise<Execution>,
  { asked, policy }: Asked,
  signal: AbortSignal,
): Promise<readonly SandboxPackage[]> {
  const specs = pythonSpecs(asked);
  refuseOthers(specs, policy.packages.python);
  const wanted = specs.map(({ name, text }) => [name, text.replace(NAME_AND_EXTRAS, '')]);
  const done = await run(
    {
      ...{ language: 'python', code: LOOK, timeoutMs: LOOK_MS, policy },
      ...{ inputs: undefined, shared: undefined, output: [] },
      stdin: new TextEncoder().encode(JSON.stringify(wanted)),
    },
    signal,
  );
  signal.throwIfAborted();
  const found = parseJson(done.stdout.trim());
  if (done.exitCode !== 0 || !Array.isArray(found)) throw notLookedAt(done);
  return specs.map((spec, index) => packageOf(spec, found[index]));
}

/** Only the author says what is installed: others may say which of its versions will do. */
function refuseOthers(specs: readonly PackageSpec[], declared: readonly string[]): void {
  const known = declared.length === 0 ? [] : pythonSpecs(declared);
  const extras = new Map(known.map(({ name, text }) => [name, extrasOf(text)]));
  for (const { name, text, hashes } of specs) {
    const those = extras.get(name);
    if (hashes.length > 0) {
      throw new AwpError('sandbox/bad-package', `${text} cannot be asked for with a hash`, {
        hint: 'hashes are declared with the package, by the author of the workflow',
      });
    }
    const other = [...extrasOf(text)].find((extra) => !those?.has(extra));
    if (those && other === undefined) continue;
    const what = those ? `${name}[${other}]` : name;
    const names = [...extras.keys()].join(', ') || 'none';
    throw new AwpError('sandbox/refused', `${what} is not a declared package of this workflow`, {
      hint: `declared are: ${names}; sandbox.packages of the workflow says what is installed`,
    });
  }
}

function extrasOf(text: string): Set<string> {
  const words = NAME_AND_EXTRAS.exec(text)?.[2]?.split(',') ?? [];
  return new Set(words.map((word) => word.toLowerCase().replace(/[-_.]+/g, '-')));
}

function packageOf({ name, text }: PackageSpec, found: Json | undefined): SandboxPackage {
  const { version, fits } = isObject(found) ? found : {};
  if (typeof version !== 'string') {
    throw new AwpError(
      'sandbox/package-failed',
      `${name} is declared, but programs do not find it`,
    );
  }
  if (fits === true) return { name, version };
  throw new AwpError('sandbox/refused', `${name} ${version} is installed, which ${text} excludes`, {
    hint: 'use the version that is there; sandbox.packages of the workflow says which one it is',
  });
}

function notLookedAt({ stderr, stopped }: Execution): AwpError {
  const why = stopped ?? stderr.trim().slice(-300);
  return new AwpError('sandbox/package-failed', `the packages could not be looked at: ${why}`);
}

/** Versions are compared as pip compares them, by its own library; without it no version can be asked for. */
const LOOK = `
import json, sys
from importlib import metadata

def fits(version, clauses):
    if not clauses:
        return True
    try:
        from packaging.specifiers import SpecifierSet
    except ImportError:
        from pip._vendor.packaging.specifiers import SpecifierSet
    return SpecifierSet(clauses).contains(version, prereleases=True)

found = []
for name, clauses in json.load(sys.stdin):
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        found.append(None)
        continue
    try:
        found.append({'version': version, 'fits': fits(version, clauses)})
    except Exception:
        found.append({'version': version, 'fits': False})
print(json.dumps(found))
`;
