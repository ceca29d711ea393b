import { orAborted } from '../../base/concurrency.ts';
import { AwpError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import type { PythonRuntime } from '../interpreters.ts';
import type { Kit } from '../provider.ts';
import { pickPython } from '../runtimes.ts';
import { layersFolder, type PackageLayer, readLayer } from './cache.ts';
import { makeLayer } from './make-layer.ts';
import { INSTALL_LIMITS, type InstallLimits, onHost, type RunInstaller } from './run-installer.ts';
import { type PackageLanguage, type PackageSource, packageSource } from './source.ts';
import { npmSpecs, type PackageSpec, pythonSpecs } from './specs.ts';

/** What a layer is asked for with. */
export interface LayerRequest {
  language: PackageLanguage;
  /** At least one, in the form of `pythonSpecs` or `npmSpecs`. */
  packages: readonly string[];
  /** The Python that will use them; the best of the machine when left out. */
  python?: PythonRuntime;
  /** Where the installer runs; as a process of the host when left out. */
  run?: RunInstaller;
  /** Bounds of one installation; `INSTALL_LIMITS` when left out. */
  limits?: InstallLimits;
}

/** Everything that decides which layer it is. */
interface Order {
  python: PythonRuntime | undefined;
  source: PackageSource;
  specs: readonly PackageSpec[];
  /** Where the layer is, or will be. */
  place: string;
}

/** Installations of this process that are under way, by place. */
const underWay = new Map<string, Promise<PackageLayer>>();
/** Goes up when layers are made differently, so that older ones are not used. */
const FORMAT = 1;

/**
 * Gives the layer with these packages: the one of the cache folder, else one that is made now and
 * kept. Nothing of a package runs while it is made. Throws `sandbox/bad-package`,
 * `sandbox/bad-index`, `sandbox/no-installer`, `sandbox/package-failed`; rejects with the reason of
 * `signal` when that is aborted. Two at once, in one process or in two, and processes that are
 * killed meanwhile do no harm.
 */
export async function packageLayer(
  kit: Kit,
  request: LayerRequest,
  signal: AbortSignal,
): Promise<PackageLayer> {
  const order = await orderOf(kit, request);
  for (;;) {
    signal.throwIfAborted();
    const there = await readLayer(kit.machine.effects, order.place);
    if (there) return there;
    const other = underWay.get(order.place);
    if (!other) break;
    // Whoever began may be cancelled: then it is our turn.
    const end = await orAborted(
      other.catch((error: unknown) => error),
      signal,
    );
    if (end instanceof AwpError) throw end;
  }
  const { run = onHost(kit.machine), limits = INSTALL_LIMITS } = request;
  const making = makeLayer(kit, { ...order, run, limits }, signal).finally(() =>
    underWay.delete(order.place),
  );
  underWay.set(order.place, making);
  return await making;
}

async function orderOf(kit: Kit, request: LayerRequest): Promise<Order> {
  const { effects } = kit.machine;
  const { language, packages } = request;
  const specs = language === 'python' ? pythonSpecs(packages) : npmSpecs(packages);
  const source = packageSource(effects, language);
  const python = language === 'python' ? await pythonOf(kit, request) : undefined;
  const wheels = source.folder === undefined ? [] : await effects.files.list(source.folder);
  const { os, arch } = effects.processes.platform();
  const runtime = python ? [python.path, python.version] : [(await kit.node()).version];
  const wanted = specs.map(({ text, hashes }) => [text, ...hashes]);
  const from = [source.index ?? '', source.folder ?? '', wheels.filter(isWheel)];
  const key = sha256(JSON.stringify([FORMAT, language, os, arch, runtime, wanted, from]));
  const place = `${layersFolder(effects)}/${language}-${key.slice(0, 32)}`;
  return { python, source, specs, place };
}

const isWheel = (name: string): boolean => name.endsWith('.whl');

async function pythonOf(kit: Kit, { python }: LayerRequest): Promise<PythonRuntime> {
  const chosen = python ?? (await pickPython(kit, async () => true));
  if (chosen) return chosen;
  throw new AwpError('sandbox/no-installer', 'there is no Python to install packages for', {
    hint: 'install Python 3.8 or newer with pip (for instance: apt install python3-pip)',
  });
}
