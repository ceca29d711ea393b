import { basename, dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { scalarAt } from '../base/yaml-node.ts';
import { nodeEffects } from '../effects/index.ts';
import { type CheckedPackage, checkPackage, type Identity } from '../packager/check-package.ts';
import { P } from '../packager/codes.ts';
import { collectFiles } from '../packager/collect-files.ts';
import type { Exclusion } from '../packager/exclude.ts';
import { extract } from '../packager/extract.ts';
import { PACKAGE_LIMITS } from '../packager/limits.ts';
import {
  MANIFEST,
  makeManifest,
  manifestBytes,
  type PackageDescription,
  type PackedFile,
  packedFiles,
  WORKFLOW_FILE,
} from '../packager/manifest.ts';
import { Problems } from '../packager/problems.ts';
import { scanForSecrets, secretValuesIn } from '../packager/secret-scan.ts';
import { signArchive, verifySignature } from '../packager/sign.ts';
import { writeZip } from '../packager/write-zip.ts';
import { memoryFiles } from '../parser/memory-files.ts';
import { parseWorkflow } from '../parser/parse-workflow.ts';
import type { Effects } from '../ports/effects.ts';
import { validatePacked } from './packed-report.ts';
import type { ValidationReport } from './validate.ts';

/** How a folder is packed. */
export interface PackOptions {
  /** File to write, or an existing folder for it; else `<name>-<version>.awp.zip` in the working directory. */
  output?: string;
  /** Writes nothing: only tells what would be packed. */
  dryRun?: boolean;
  /** Packs files that seem to have secrets. */
  allowSecrets?: boolean;
  /** File with a private Ed25519 key in PEM: writes `<package>.sig` too. */
  signKey?: string;
  /** Instead of this machine's. */
  effects?: Effects;
}

/** A package that was written. */
export interface PackResult {
  /** Absolute path of the package. */
  file: string;
  /** Absolute path of the signature, if there is one. */
  signatureFile: string | undefined;
  name: string;
  version: string;
  /** Size of the package. */
  bytes: number;
  /** SHA-256 of the package. */
  sha256: string;
  /** Sorted by path; without the manifest. */
  files: readonly PackedFile[];
  /** What stayed out, and why; folders end with `/`. */
  excluded: readonly { path: string; why: Exclusion }[];
  /** Warnings and infos of validation. */
  diagnostics: readonly Diagnostic[];
}

/**
 * Packs a workflow folder as `.awp.zip` in the specification's layout (surfaces 3.2). The same files
 * give the same bytes. Throws `spec/no-workflow`, `spec/invalid` with what validation found, and
 * `spec/package-refused` with P diagnostics.
 */
export async function pack(folder: string, options: PackOptions = {}): Promise<PackResult> {
  const effects = options.effects ?? nodeEffects();
  const { files } = effects;
  const root = await workflowFolder(folder, effects);
  const problems = new Problems(basename(root));
  const { files: contents, excluded } = await collectFiles({ files, root, problems });
  if (!options.allowSecrets) {
    scanForSecrets(contents, await knownSecrets(root, effects), problems);
  }
  if (problems.found) throw refused(problems, root);
  const report = await validatePacked(contents, root);
  const description = describe(report, problems);
  if (!description) throw refused(problems, root);
  const packed = packedFiles(contents);
  const manifest = makeManifest(description, packed, {
    provenance: { tool: 'awp-agents', warnings: report.warnings, infos: report.infos },
    createdAt: sourceDate(effects),
  });
  const { name, version } = description;
  const archive = await writeZip(
    new Map([
      ...[...contents].map(([path, data]): [string, Uint8Array] => [`${name}/${path}`, data]),
      [`${name}/${MANIFEST}`, manifestBytes(manifest)],
    ]),
  );
  const file = await outputFile(`${name}-${version}.awp.zip`, options.output, effects);
  const signature =
    options.signKey === undefined
      ? undefined
      : signArchive(archive, await keyText(options.signKey, effects));
  const signatureFile = signature === undefined ? undefined : `${file}.sig`;
  if (!options.dryRun) {
    await files.makeFolder(dirname(file));
    await files.write(file, archive);
    // An old signature is not this package's.
    if (signature === undefined) await files.remove(`${file}.sig`);
    else await files.write(`${file}.sig`, signature);
  }
  const { diagnostics } = report;
  const [bytes, sum] = [archive.length, sha256(archive)];
  return {
    file,
    signatureFile,
    name,
    version,
    bytes,
    sha256: sum,
    files: packed,
    excluded,
    diagnostics,
  };
}

/** How a package is verified. */
export interface VerifyOptions {
  /** File with a public Ed25519 key in PEM: the package must be signed by its owner. */
  publicKey?: string;
  /** Instead of this machine's. */
  effects?: Effects;
}

/** What verification found. */
export interface VerifyResult {
  /** Whether everything holds. */
  ok: boolean;
  /** Absolute path of the package. */
  file: string;
  /** SHA-256 and size of the package; what cannot be told of a refused one is undefined. */
  sha256: string | undefined;
  bytes: number;
  /** `awp`: the specification's layout; `reference`: the one of the Python packager. */
  layout: 'awp' | 'reference' | undefined;
  name: string | undefined;
  version: string | undefined;
  awpVersion: string | undefined;
  createdAt: string | undefined;
  files: readonly PackedFile[];
  /** `unchecked`: there is one, and no key to check it with. */
  signature: 'valid' | 'invalid' | 'unchecked' | 'none';
  /** What is wrong (P codes); empty when `ok`. */
  diagnostics: readonly Diagnostic[];
}

/**
 * Verifies a package without writing anything: archive, manifest, sums, names, signature. What is
 * wrong with it is in the result. Throws `spec/no-package` when there is no file.
 */
export async function verify(archive: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  return (await checked(archive, options)).result;
}

/** How a package is unpacked. */
export interface UnpackOptions extends VerifyOptions {
  /** Folder to make; else one with the workflow's name in `cwd`. */
  output?: string;
  /** Instead of the working directory of this process. */
  cwd?: string;
  /** Puts a workflow that is there aside, as `<folder>.old`. */
  force?: boolean;
}

/** A package that was unpacked. */
export interface UnpackResult extends VerifyResult {
  name: string;
  /** Absolute path of the new folder. */
  folder: string;
  /** Absolute path that the old folder has now, if there was one. */
  replaced: string | undefined;
}

/**
 * Verifies a package and writes its files; before everything is verified nothing is written. Throws
 * `spec/no-package`, `spec/package-refused` with P diagnostics, and `usage/target-exists`.
 */
export async function unpack(archive: string, options: UnpackOptions = {}): Promise<UnpackResult> {
  const effects = options.effects ?? nodeEffects();
  const { result, content, problems } = await checked(archive, { ...options, effects });
  if (!content) throw refused(problems, dirname(result.file));
  const target = resolve(options.cwd ?? '.', options.output ?? content.name);
  const mark = Buffer.from(effects.random.bytes(8)).toString('hex');
  const replaced = await extract(content.contents, {
    files: effects.files,
    target,
    temporary: join(dirname(target), `.awp-${mark}.tmp`),
    force: options.force ?? false,
  });
  return { ...result, name: content.name, folder: target, replaced };
}

async function checked(
  path: string,
  options: VerifyOptions,
): Promise<{ result: VerifyResult; content: CheckedPackage | undefined; problems: Problems }> {
  const { publicKey, effects = nodeEffects() } = options;
  const file = resolve(path);
  const problems = new Problems(basename(file));
  const { archive, bytes } = await readArchive(file, effects, problems);
  const signature = archive
    ? await checkSignature(archive, { file, publicKey, effects, problems })
    : 'none';
  const content =
    archive && !problems.found ? await checkPackage(archive, { problems, identify }) : undefined;
  const ok = !problems.found;
  const result = {
    ok,
    file,
    sha256: archive && sha256(archive),
    bytes,
    layout: content?.layout,
    name: content?.name,
    version: content?.version,
    awpVersion: content?.awpVersion,
    createdAt: content?.createdAt,
    files: content?.files ?? [],
    signature,
    diagnostics: problems.diagnostics,
  };
  return { result, content, problems };
}

async function readArchive(
  file: string,
  { files }: Effects,
  problems: Problems,
): Promise<{ archive: Uint8Array | undefined; bytes: number }> {
  const real = await files.realPath(file).catch(() => file);
  const info = await files.info(real);
  if (info === undefined) {
    throw new AwpError('spec/no-package', `there is nothing at ${file}`, {
      hint: 'name a file that awp pack has made',
    });
  }
  const message =
    info.kind !== 'file'
      ? 'this is no regular file'
      : `the package has ${info.bytes} bytes; ${PACKAGE_LIMITS.archiveBytes} are allowed`;
  if (info.kind === 'file' && info.bytes <= PACKAGE_LIMITS.archiveBytes) {
    const archive = await files.readBytes(real, PACKAGE_LIMITS.archiveBytes);
    return { archive, bytes: archive.length };
  }
  const code = info.kind === 'file' ? P.limit : P.archive;
  problems.report({ code, file: '', message, help: 'name a file that awp pack has made' });
  return { archive: undefined, bytes: info.bytes };
}

async function checkSignature(
  archive: Uint8Array,
  options: { file: string; publicKey: string | undefined; effects: Effects; problems: Problems },
): Promise<VerifyResult['signature']> {
  const { file, publicKey, effects, problems } = options;
  const signatureFile = `${file}.sig`;
  const info = await effects.files.info(signatureFile);
  if (publicKey === undefined) return info === undefined ? 'none' : 'unchecked';
  const key = await keyText(publicKey, effects);
  const help = 'get package and signature again from whom you have them, or check the key';
  const wrong = (message: string): void =>
    problems.report({ code: P.signature, file: basename(signatureFile), message, help });
  if (info?.kind !== 'file') {
    wrong('there is no signature beside the package');
    return 'none';
  }
  const text = new TextDecoder().decode(await effects.files.readBytes(signatureFile, 1024));
  if (verifySignature(archive, text, key)) return 'valid';
  wrong('the signature is not of this package and this key');
  return 'invalid';
}

async function keyText(path: string, { files }: Effects): Promise<string> {
  const full = resolve(path);
  try {
    return new TextDecoder().decode(await files.readBytes(full, 64 * 1024));
  } catch (cause) {
    throw new AwpError('usage/bad-value', `the key ${full} cannot be read`, {
      cause,
      hint: 'name a file with an Ed25519 key in PEM',
    });
  }
}

/** Real path of a folder with a workflow. */
async function workflowFolder(folder: string, { files }: Effects): Promise<string> {
  const full = resolve(folder);
  const real = await files.realPath(full).catch(() => full);
  if ((await files.info(join(real, WORKFLOW_FILE))) !== undefined) return real;
  throw new AwpError('spec/no-workflow', `there is no ${WORKFLOW_FILE} in ${full}`, {
    hint: 'name the folder of a workflow; awp init makes one',
  });
}

/** Values that must not be packed: keys of models, and the folder's own `.env`. */
async function knownSecrets(root: string, { files, secrets }: Effects): Promise<string[]> {
  const env = join(root, '.env');
  const kind = (await files.info(env))?.kind;
  const own =
    kind === 'file' ? new TextDecoder().decode(await files.readBytes(env, 64 * 1024)) : '';
  const keys = ['LLM_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY', 'ANTHROPIC_API_KEY'];
  return [...secretValuesIn(own), ...keys.flatMap((name) => secrets.get(name) ?? [])];
}

function describe(report: ValidationReport, problems: Problems): PackageDescription | undefined {
  const manifest = report.workflow.manifest?.value;
  const { name, version, description, author, license, homepage, repository, tags, autonomy } =
    manifest?.workflow ?? {};
  if (!manifest || name === undefined || version === undefined) {
    const message = 'the workflow has no version, which the name of the package needs';
    const help = 'add `version: 0.1.0` below `workflow`';
    problems.report({ code: P.identity, file: WORKFLOW_FILE, message, help });
    return undefined;
  }
  return {
    name,
    version,
    awpVersion: writtenAwp(report.workflow.manifest?.tree) ?? '',
    agents: report.workflow.agents.size,
    ...(description !== undefined && { description }),
    ...(author !== undefined && { author }),
    ...(license !== undefined && { license }),
    ...(homepage !== undefined && { homepage }),
    ...(repository !== undefined && { repository }),
    ...(tags !== undefined && { tags }),
    ...(autonomy !== undefined && { autonomy }),
  };
}

/** What the workflow file of a package says of itself. */
async function identify(workflow: Uint8Array): Promise<Identity> {
  const files = memoryFiles({ [WORKFLOW_FILE]: workflow });
  const { workflow: read } = await parseWorkflow(files, { file: WORKFLOW_FILE });
  const tree = read.manifest?.tree;
  const text = (key: string): string | undefined => {
    const value = scalarAt(tree, 'workflow', key)?.value;
    return value == null ? undefined : String(value);
  };
  return { name: text('name'), version: text('version'), awpVersion: writtenAwp(tree) };
}

function writtenAwp(tree: Parameters<typeof scalarAt>[0]): string | undefined {
  const value = scalarAt(tree, 'awp')?.value;
  return value == null ? undefined : String(value);
}

/** The file to write: an existing folder is where it goes. */
async function outputFile(
  name: string,
  output: string | undefined,
  { files }: Effects,
): Promise<string> {
  if (output === undefined) return resolve(name);
  const full = resolve(output);
  return (await files.info(full))?.kind === 'folder' ? join(full, name) : full;
}

/** `SOURCE_DATE_EPOCH` in milliseconds: seconds since 1970, as builds agree on. */
function sourceDate({ secrets }: Effects): number | undefined {
  const text = secrets.get('SOURCE_DATE_EPOCH');
  if (text === undefined) return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000;
  throw new AwpError('usage/bad-value', `SOURCE_DATE_EPOCH ${text} is no number of seconds`, {
    hint: 'SOURCE_DATE_EPOCH=1767225600',
  });
}

function refused(problems: Problems, folder: string): AwpError {
  const { diagnostics } = problems;
  const [first] = diagnostics;
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : '';
  return new AwpError('spec/package-refused', `${first?.file}: ${first?.message}${more}`, {
    ...(first && { hint: first.help }),
    findings: { diagnostics, sources: new Map(), folder },
  });
}
