import {
  type CheckedPackage,
  checkPackage,
  type Identity,
} from '../../src/packager/check-package.ts';
import type { PackageLimits } from '../../src/packager/limits.ts';
import { makeManifest, manifestBytes, packedFiles } from '../../src/packager/manifest.ts';
import { Problems } from '../../src/packager/problems.ts';
import { writeZip } from '../../src/packager/write-zip.ts';
import { bytes } from './zip-writer.ts';

export const WORKFLOW = 'awp: 1.0.0\nworkflow: { name: news-digest, version: 1.2.0 }\n';
export const FILES = { 'workflow.awp.yaml': WORKFLOW, 'agents/a/agent.awp.yaml': 'x' };

/** Texts as contents by path. */
export function contentsOf(files: Readonly<Record<string, string>>): Map<string, Uint8Array> {
  return new Map(Object.entries(files).map(([path, text]) => [path, bytes(text)]));
}

/** The manifest of files, as JSON to be changed. */
export function manifestOf(
  files: Readonly<Record<string, string>> = FILES,
): Record<string, unknown> {
  const manifest = makeManifest(
    { name: 'news-digest', version: '1.2.0', awpVersion: '1.0.0', agents: 1 },
    packedFiles(contentsOf(files)),
    { provenance: { tool: 'test', warnings: 0, infos: 0 }, createdAt: undefined },
  );
  return JSON.parse(new TextDecoder().decode(manifestBytes(manifest)));
}

/** An archive of texts as they are. */
export function archiveOf(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  return writeZip(contentsOf(files));
}

/** A package in the layout of the specification. */
export function packageOf(
  files: Readonly<Record<string, string>> = FILES,
  manifest: unknown = manifestOf(files),
): Promise<Uint8Array> {
  const inTop = Object.entries(files).map(([path, text]) => [`news-digest/${path}`, text]);
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  return archiveOf({ ...Object.fromEntries(inTop), 'news-digest/manifest.json': text });
}

/** Reads a workflow file of these tests. */
async function identify(workflow: Uint8Array): Promise<Identity> {
  const text = new TextDecoder().decode(workflow);
  const value = (key: string): string | undefined =>
    new RegExp(`\\b${key}: "?([^,"\\s]+)`).exec(text)?.[1];
  return { name: value('name'), version: value('version'), awpVersion: value('awp') };
}

/** What a package holds, and what is wrong with it: `P4 entry: message`. */
export async function check(
  archive: Uint8Array,
  limits?: PackageLimits,
): Promise<{ content: CheckedPackage | undefined; said: string[] }> {
  const problems = new Problems('x.awp.zip');
  const content = await checkPackage(archive, { problems, identify, ...(limits && { limits }) });
  return {
    content,
    said: problems.diagnostics.map(({ rule, file, message }) => `${rule} ${file}: ${message}`),
  };
}
