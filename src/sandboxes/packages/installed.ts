import { AwpError } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../../base/json.ts';
import { comesFrom, type PackageSource } from './source.ts';

/** A package that was installed. */
export interface Installed {
  name: string;
  version: string;
  /** `sha256:HEX` of a wheel; of npm's archives what the registry and npm checked, mostly `sha512:HEX`. */
  hash: string;
  /** The name of the wheel or archive. */
  file: string;
}

/** pip's report has the whole description of every package. */
const LIMITS = { maxLength: 128 * 1024 * 1024, maxDepth: 64 };

/**
 * What pip's report says was installed. Throws `sandbox/bad-package` for anything that is not a
 * wheel, has no hash, or came from elsewhere: what a package needs may be named by an address.
 */
export function installedByPip(report: string, source: PackageSource): Installed[] {
  return entriesOf(parseJson(report, LIMITS), 'install').map((entry) => {
    const { name, version } = objectIn(entry, 'metadata');
    const download = objectIn(entry, 'download_info');
    const archive = objectIn(download, 'archive_info');
    const [algorithm, digest] = text(archive.hash).split('=');
    const hash = objectIn(archive, 'hashes').sha256 ?? (algorithm === 'sha256' ? digest : '');
    const address = text(download.url);
    const file = fileOf(address);
    const installed = { name: text(name), version: text(version), hash: `sha256:${hash}`, file };
    const good = file.endsWith('.whl') && /^[0-9a-f]{64}$/.test(text(hash));
    return good && comesFrom(source, address) ? installed : refuse(installed, address);
  });
}

/**
 * What npm's own list says was installed, those first that programs see. Throws
 * `sandbox/bad-package` for anything that is no archive with a checksum from the registry.
 */
export function installedByNpm(list: string, source: PackageSource): Installed[] {
  const packages = objectIn(parseJson(list, LIMITS), 'packages');
  const depth = (path: string): number => path.split('node_modules/').length;
  return Object.entries(packages)
    .sort(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1))
    .flatMap(([path, value]) => {
      const entry = isObject(value) ? value : {};
      // Part of another package's archive, and of its checksum.
      if (entry.inBundle === true) return [];
      const [algorithm = '', digest = ''] = text(entry.integrity).split(' ')[0]?.split('-') ?? [];
      const hash = `${algorithm}:${Buffer.from(digest, 'base64').toString('hex')}`;
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const address = text(entry.resolved);
      const installed = { name, version: text(entry.version), hash, file: fileOf(address) };
      const good = digest !== '' && entry.link !== true && comesFrom(source, address);
      return good ? [installed] : refuse(installed, address);
    });
}

function refuse({ name }: Installed, address: string): never {
  const from = address === '' ? '' : ` from ${JSON.stringify(address.slice(0, 200))}`;
  throw new AwpError(
    'sandbox/bad-package',
    `the package ${JSON.stringify(name.slice(0, 128))}${from} is not one that the index answers for`,
    { hint: 'leave out what needs it; AWP_PACKAGE_HOSTS names more hosts that an index may use' },
  );
}

function fileOf(address: string): string {
  const path = URL.parse(address)?.pathname ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
}

function entriesOf(value: Json | undefined, name: string): JsonObject[] {
  const list = isObject(value) ? value[name] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function objectIn(value: Json | undefined, name: string): JsonObject {
  const part = isObject(value) ? value[name] : undefined;
  return isObject(part) ? part : {};
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
