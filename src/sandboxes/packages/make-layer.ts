import { AwpError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { PythonRuntime } from '../interpreters.ts';
import type { Machine } from '../machine.ts';
import type { Kit } from '../provider.ts';
import { draftFor, type PackageLayer, publish } from './cache.ts';
import { draftParts, type InstallCommand, npmCommand, pipCommand } from './command.ts';
import { failureOf, tooLarge } from './failure.ts';
import { type Installed, installedByNpm, installedByPip } from './installed.ts';
import { type InstallLimits, type RunInstaller, runLimited, sizeProblem } from './run-installer.ts';
import type { PackageSource } from './source.ts';
import { type PackageSpec, pythonName } from './specs.ts';
import { npmTool, pipTool, readableSource } from './tools.ts';
import { seal } from './tree.ts';

/** A layer that is to be made. */
export interface LayerPlan {
  /** The Python that it is for; undefined for JavaScript. */
  python: PythonRuntime | undefined;
  source: PackageSource;
  specs: readonly PackageSpec[];
  /** Absolute path of the layer. */
  place: string;
  run: RunInstaller;
  limits: InstallLimits;
}

/** Installs into a draft, checks what came of it and puts it in its place. Errors: `packageLayer`. */
export async function makeLayer(
  kit: Kit,
  plan: LayerPlan,
  signal: AbortSignal,
): Promise<PackageLayer> {
  const { machine } = kit;
  const { run, limits, place } = plan;
  const draft = await draftFor(machine.effects, place);
  try {
    const { command, source } = await prepare(kit, plan, draft);
    const end = await runLimited(machine.effects, { run, command, limits, signal });
    if (end.code !== 0) throw failureOf(end, plan);
    const packages = await check(machine, { ...plan, source }, draft);
    await machine.effects.files.remove(draftParts(draft).work);
    await seal(machine, draft);
    return await publish(machine.effects, { draft, place }, factsOf(machine, plan, packages));
  } finally {
    await machine.effects.files.remove(draft);
  }
}

/** Makes the draft's folders and files, and the command that fills it. */
async function prepare(
  kit: Kit,
  plan: LayerPlan,
  draft: string,
): Promise<{ command: InstallCommand; source: PackageSource }> {
  const { machine } = kit;
  const { files } = machine.effects;
  const { python, specs, limits } = plan;
  const parts = draftParts(draft);
  for (const path of [draft, parts.files, parts.work]) {
    await files.makeFolder(path, 0o700);
    await giveAway(machine, path);
  }
  const tool = python ? pipTool(python) : await npmTool(kit);
  const source = await readableSource(machine, plan.source, `${parts.work}/wheels`);
  const wish = { tool, source, specs, draft, maxFileBytes: limits.maxBytes };
  const command = python ? pipCommand(wish) : npmCommand(wish);
  for (const [path, text] of command.files) {
    await files.write(path, text);
    await files.setMode(path, 0o600);
    await giveAway(machine, path);
  }
  return { command, source };
}

/** The user who runs the installer owns what it works with. */
async function giveAway({ effects, uid }: Machine, path: string): Promise<void> {
  if (uid !== undefined) await effects.files.setOwner(path, uid, uid);
}

/** What was installed, after a look whether it is all, not too much, and from where it may be. */
async function check(
  { effects }: Machine,
  { python, source, specs, limits }: LayerPlan,
  draft: string,
): Promise<readonly Installed[]> {
  const { files, report } = draftParts(draft);
  const large = await sizeProblem(effects, files, limits);
  if (large !== undefined) throw tooLarge(large);
  const list = python ? report : `${files}/node_modules/.package-lock.json`;
  const text = await effects.files.readText(list).catch(() => '');
  const installed = python ? installedByPip(text, source) : installedByNpm(text, source);
  const there = new Set(installed.map(({ name }) => (python ? pythonName(name) : name)));
  const missing = specs.find(({ name }) => !there.has(name));
  if (!missing) return installed;
  throw new AwpError('sandbox/package-failed', `${missing.text} was not installed`, {
    hint: 'ask for a version that has files for this system',
  });
}

/** What `layer.json` says. */
function factsOf(
  { effects }: Machine,
  { python, source, specs }: LayerPlan,
  packages: readonly Installed[],
): JsonObject {
  const { os, arch } = effects.processes.platform();
  return {
    language: python ? 'python' : 'javascript',
    runtime: python ? `Python ${python.version}` : `Node ${process.versions.node}`,
    platform: `${os}-${arch}`,
    index: source.index ?? source.folder ?? '',
    made: new Date(effects.clock.now()).toISOString(),
    specs: specs.map(({ text, hashes }) => [text, ...hashes].join(' ')),
    packages: packages.map((one) => ({ ...one })),
  };
}
