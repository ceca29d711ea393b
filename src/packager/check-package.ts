import { sha256 } from '../base/hash.ts';
import { P } from './codes.ts';
import { PACKAGE_LIMITS, type PackageLimits } from './limits.ts';
import { MANIFEST, type PackedFile, packedFiles, WORKFLOW_FILE } from './manifest.ts';
import type { Problems } from './problems.ts';
import {
  CHECKSUMS,
  type Claims,
  readManifest,
  readReference,
  referenceChecksum,
} from './read-manifest.ts';
import { readZip } from './read-zip.ts';
import { GET_AGAIN } from './zip-layout.ts';

/** What a workflow file says of itself; what it does not say is undefined. */
export interface Identity {
  name: string | undefined;
  version: string | undefined;
  awpVersion: string | undefined;
}

/** A package of which everything was verified. */
export interface CheckedPackage {
  layout: Claims['layout'];
  /** From the workflow file. */
  name: string;
  version: string | undefined;
  awpVersion: string | undefined;
  createdAt: string | undefined;
  /** Sorted by path. */
  files: readonly PackedFile[];
  /** Contents by path. */
  contents: ReadonlyMap<string, Uint8Array>;
}

/** What checking needs besides the bytes. */
export interface CheckOptions {
  problems: Problems;
  /** Reads a workflow file. */
  identify(workflow: Uint8Array): Promise<Identity>;
  limits?: PackageLimits;
}

/** Names of workflows, which are names of folders too (R2). */
const NAME = /^[a-z][a-z0-9_-]{0,62}[a-z0-9]$/;

/**
 * Verifies a whole package in memory: the archive, the manifest, every sum, every name. Returns
 * undefined when there is anything to report.
 */
export async function checkPackage(
  archive: Uint8Array,
  options: CheckOptions,
): Promise<CheckedPackage | undefined> {
  const { problems, limits = PACKAGE_LIMITS } = options;
  const entries = await readZip(archive, limits, problems);
  const read = entries && readClaims(entries);
  if (!read) return undefined;
  if (typeof read === 'string') {
    problems.report({ code: P.manifest, file: MANIFEST, message: read, help: NOT_A_PACKAGE });
    return undefined;
  }
  const { claims, contents } = read;
  checkSums(claims, contents, problems);
  const workflow = contents.get(WORKFLOW_FILE);
  if (problems.found || workflow === undefined) return undefined;
  const identity = await options.identify(workflow);
  const name = checkIdentity(claims, identity, problems);
  if (name === undefined || problems.found) return undefined;
  const { layout, createdAt } = claims;
  return { layout, createdAt, ...identity, name, files: packedFiles(contents), contents };
}

const NOT_A_PACKAGE = 'make packages with awp pack; a plain ZIP of the folder has no sums';

/** What the package claims, and its files without those that describe it. */
function readClaims(
  entries: ReadonlyMap<string, Uint8Array>,
): { claims: Claims; contents: Map<string, Uint8Array> } | string {
  const flat = entries.get(MANIFEST);
  if (flat) {
    const sums = entries.get(CHECKSUMS);
    if (!sums) return `there is no ${CHECKSUMS} beside ${MANIFEST}, and no top folder`;
    return withContents(readReference(flat, sums), entries);
  }
  const top = topFolder(entries);
  if (top === undefined) return `there is no ${MANIFEST}, and not exactly one top folder`;
  const inner = new Map([...entries].map(([path, data]) => [path.slice(top.length + 1), data]));
  const manifest = inner.get(MANIFEST);
  if (!manifest) return `there is no ${MANIFEST} in the folder \`${top}\``;
  return withContents(readManifest(manifest), inner);
}

function withContents(
  claims: Claims | string,
  entries: ReadonlyMap<string, Uint8Array>,
): { claims: Claims; contents: Map<string, Uint8Array> } | string {
  if (typeof claims === 'string') return claims;
  const contents = new Map(entries);
  for (const path of claims.own) contents.delete(path);
  return { claims, contents };
}

/** The folder that everything lies in. */
function topFolder(entries: ReadonlyMap<string, Uint8Array>): string | undefined {
  const tops = new Set([...entries.keys()].map((path) => path.slice(0, path.indexOf('/') + 1)));
  const [top = ''] = tops;
  return tops.size === 1 && top !== '' ? top.slice(0, -1) : undefined;
}

function checkSums(
  claims: Claims,
  contents: ReadonlyMap<string, Uint8Array>,
  problems: Problems,
): void {
  const workflow = claims.files.get(WORKFLOW_FILE)?.sha256;
  const checksum = claims.layout === 'awp' ? workflow : referenceChecksum(claims.files);
  if (claims.checksum !== checksum) {
    const message = 'its checksum is not that of the files that it lists';
    problems.report({ code: P.checksum, file: MANIFEST, message, help: GET_AGAIN });
  }
  for (const [file, { sha256: sum, size }] of claims.files) {
    const data = contents.get(file);
    if (!data) {
      const message = 'it is listed, and not there';
      problems.report({ code: P.missing, file, message, help: GET_AGAIN });
    } else if ((size !== undefined && size !== data.length) || sha256(data) !== sum) {
      const message = 'it is not the file that was packed: its size or sum is another';
      problems.report({ code: P.content, file, message, help: GET_AGAIN });
    }
  }
  for (const file of contents.keys()) {
    if (claims.files.has(file)) continue;
    const message = 'it is there, and not listed';
    problems.report({ code: P.unlisted, file, message, help: GET_AGAIN });
  }
}

/** The name of the workflow, when everything fits. */
function checkIdentity(claims: Claims, identity: Identity, problems: Problems): string | undefined {
  const wrong = (message: string): undefined => {
    problems.report({ code: P.identity, file: MANIFEST, message, help: GET_AGAIN });
  };
  const { name } = identity;
  if (name === undefined || !NAME.test(name)) {
    return wrong(`${WORKFLOW_FILE} has no name that a folder could have`);
  }
  if (claims.layout === 'reference') return name;
  const pairs = [
    ['name', claims.name, name],
    ['version', claims.version, identity.version],
    ['awp_version', claims.awpVersion, identity.awpVersion],
  ];
  for (const [what, claimed, said] of pairs) {
    if (claimed === said) continue;
    wrong(`${what} is ${claimed}, and ${said ?? 'missing'} in ${WORKFLOW_FILE}`);
  }
  return name;
}
