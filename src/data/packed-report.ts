import { basename, relative } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { memoryFiles } from '../parser/memory-files.ts';
import { parseWorkflow } from '../parser/parse-workflow.ts';
import type { ReadWorkflow } from './read-workflow.ts';
import { reportOnWhole, type ValidationReport } from './validate.ts';

/**
 * Validates what is in a package, with its sub-workflows, not what is in the folder: what stays out
 * cannot be used. Throws `spec/invalid`.
 */
export async function validatePacked(
  contents: ReadonlyMap<string, Uint8Array>,
  folder: string,
): Promise<ValidationReport> {
  const readSub = (path: string) => readPacked(contents, { root: folder, path });
  const report = await reportOnWhole(await readSub(folder), readSub);
  if (report.ok) return report;
  const first = report.diagnostics.find(({ severity }) => severity === 'error');
  throw new AwpError('spec/invalid', `what would be packed is not valid: ${first?.message}`, {
    hint: 'awp validate shows the folder; files that stay out are named by awp pack --list',
    findings: { diagnostics: report.diagnostics, sources: report.sources, folder },
  });
}

/** The workflow in a folder of the package, or a single manifest. Throws `spec/no-workflow`. */
async function readPacked(
  contents: ReadonlyMap<string, Uint8Array>,
  { root, path }: { root: string; path: string },
): Promise<ReadWorkflow> {
  const file = /\.ya?ml$/.test(path) ? basename(path) : undefined;
  const folder = file === undefined ? path : path.slice(0, -file.length - 1);
  const inside = relative(root, folder).replaceAll('\\', '/');
  const prefix = inside === '' ? '' : `${inside}/`;
  const own = [...contents].filter(([name]) => name.startsWith(prefix));
  if (own.length === 0) {
    throw new AwpError('spec/no-workflow', `there is nothing at ${inside} in the package`, {
      hint: 'files that stay out are named by awp pack --list',
    });
  }
  const files = Object.fromEntries(own.map(([name, bytes]) => [name.slice(prefix.length), bytes]));
  const parsed = await parseWorkflow(
    memoryFiles(files, basename(folder)),
    file === undefined ? {} : { file },
  );
  return { folder, ...parsed };
}
