import { AwpError } from '../base/errors.ts';
import { SKILL_FILE, SKILL_LIMITS } from '../models/skill.ts';
import { P } from './codes.ts';
import type { PackageLimits } from './limits.ts';
import { Problems } from './problems.ts';
import { readZip } from './read-zip.ts';

/** Limits of the archive of one skill; ratio 100 as for packages. */
const LIMITS: PackageLimits = {
  entries: SKILL_LIMITS.entries,
  fileBytes: SKILL_LIMITS.bytes,
  totalBytes: SKILL_LIMITS.bytes,
  ratio: 100,
  ratioFrom: 64 * 1024,
  archiveBytes: SKILL_LIMITS.bytes + 1024 * 1024,
};

/** Most bytes of an archive that are read. */
export const SKILL_ARCHIVE_BYTES = LIMITS.archiveBytes;

/** What archivers of some systems add. */
const ADDED = /(^|\/)(__MACOSX\/|\.DS_Store$)/;

/**
 * The files of a `.zip` or `.skill` archive by their path in the skill's folder; one folder around
 * all of it is taken away. Nothing is written. `shown` names the archive in messages. Throws
 * `skill/bad` and `skill/too-large`.
 */
export async function readSkillArchive(
  bytes: Uint8Array,
  shown: string,
): Promise<Map<string, Uint8Array>> {
  if (bytes.length > LIMITS.archiveBytes) {
    throw refused(shown, { rule: P.limit.code, message: 'it is larger than 11 MiB' });
  }
  const problems = new Problems(shown);
  const entries = await readZip(bytes, LIMITS, problems);
  const [first] = problems.diagnostics;
  if (!entries || first) {
    const { rule = P.archive.code, message = 'it cannot be read', file = '' } = first ?? {};
    throw refused(shown, {
      rule,
      message: file === '' || file === shown ? message : `${file}: ${message}`,
    });
  }
  const files = new Map([...entries].filter(([path]) => !ADDED.test(path)));
  return files.has(SKILL_FILE) ? files : withoutTop(files);
}

function refused(shown: string, { rule, message }: { rule: string; message: string }): AwpError {
  const code = rule === P.limit.code ? 'skill/too-large' : 'skill/bad';
  return new AwpError(code, `the skill ${shown} cannot be used: ${message}`, {
    hint: 'get the archive again from whom you have it, or pack the folder of the skill anew',
  });
}

/** The files without the one folder that is around them all; as they are when there is none. */
function withoutTop(files: Map<string, Uint8Array>): Map<string, Uint8Array> {
  const tops = new Set([...files.keys()].map((path) => path.slice(0, path.indexOf('/') + 1)));
  const [top = ''] = tops;
  if (tops.size !== 1 || top === '') return files;
  return new Map([...files].map(([path, data]) => [path.slice(top.length), data]));
}
