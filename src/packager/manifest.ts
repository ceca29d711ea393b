import { sha256 } from '../base/hash.ts';
import { compareBytes } from './write-zip.ts';

/** Name of the manifest in a package. */
export const MANIFEST = 'manifest.json';
/** Name of the workflow file. */
export const WORKFLOW_FILE = 'workflow.awp.yaml';
/** Version of the layout that is written. */
const LAYOUT = '1.0.0';
/** Time of packages when `SOURCE_DATE_EPOCH` says none: the time of their entries. */
const NO_TIME = '1980-01-01T00:00:00.000Z';

/** A file of a package. */
export interface PackedFile {
  /** From the folder of the workflow, with `/`. */
  path: string;
  /** 64 lower-case hexadecimal digits. */
  sha256: string;
  /** Bytes. */
  size: number;
}

/** What a workflow file tells about its package. Fields that it does not have are left out. */
export interface PackageDescription {
  name: string;
  version: string;
  /** `awp` of the workflow file: the version of the protocol. */
  awpVersion: string;
  description?: string;
  author?: string;
  license?: string;
  homepage?: string;
  repository?: string;
  tags?: readonly string[];
  /** Declared autonomy level. */
  autonomy?: string;
  /** Number of agents. */
  agents: number;
}

/** What validation said before packing: no errors, and this. */
export interface Provenance {
  /** What packed and validated. */
  tool: string;
  warnings: number;
  infos: number;
}

/** `manifest.json` as it is written (surfaces 3.2). */
export interface PackageManifest {
  awp_package: string;
  name: string;
  version: string;
  awp_version: string;
  created_at: string;
  checksum: string;
  metadata: Omit<PackageDescription, 'name' | 'version' | 'awpVersion'>;
  provenance: { validated: true; tool: string; errors: 0; warnings: number; infos: number };
  files: readonly PackedFile[];
}

/** The sums of files, sorted by path. */
export function packedFiles(files: ReadonlyMap<string, Uint8Array>): PackedFile[] {
  return [...files]
    .map(([path, data]) => ({ path, sha256: sha256(data), size: data.length }))
    .sort((one, other) => compareBytes(one.path, other.path));
}

/**
 * The manifest of a package. `createdAt` is milliseconds since 1970; without one the time is fixed,
 * so that the same files give the same package.
 */
export function makeManifest(
  description: PackageDescription,
  files: readonly PackedFile[],
  { provenance, createdAt }: { provenance: Provenance; createdAt: number | undefined },
): PackageManifest {
  const { name, version, awpVersion, ...metadata } = description;
  return {
    awp_package: LAYOUT,
    name,
    version,
    awp_version: awpVersion,
    created_at: createdAt === undefined ? NO_TIME : new Date(createdAt).toISOString(),
    checksum: files.find(({ path }) => path === WORKFLOW_FILE)?.sha256 ?? '',
    metadata,
    provenance: { validated: true, errors: 0, ...provenance },
    files,
  };
}

/** The bytes of a manifest. */
export function manifestBytes(manifest: PackageManifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`);
}
