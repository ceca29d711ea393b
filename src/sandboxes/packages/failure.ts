import { AwpError } from '../../base/errors.ts';
import { EXIT_NO_PIP } from './command.ts';
import type { PackageSource } from './source.ts';

/** Characters of an installer's own words in a message. */
const MAX_CHARACTERS = 1200;

/** Words of pip and npm that tell what to do. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /No matching distribution|Could not find a version/,
    'check name and version, and that the index has a wheel for this Python: nothing is built',
  ],
  [
    /DO NOT MATCH THE HASHES|EINTEGRITY|integrity checksum failed/,
    'the index gave another file than was declared: check the hash, and do not trust the index before you know why',
  ],
  [
    /require-hashes mode|Hashes are required/,
    'with hashes, declare what the packages need as well, each as name==version --hash=sha256:...',
  ],
  [/E404|ETARGET|notarget/, 'check name and version, and that the registry has them'],
  [/only wheels are installed/, 'leave out what needs a repository, an address or a build'],
  [
    /is not one of the package index|have been disabled/,
    'leave out what needs an address; AWP_PACKAGE_HOSTS names more hosts that an index may use',
  ],
  [/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ConnectTimeout|NewConnection/, 'check that the index answers'],
  [/No space left|ENOSPC|EDQUOT|Errno 27/, 'make room on the disk, or declare fewer packages'],
];

/** Why an installer that ended with a code, or was killed, did not install. */
export function failureOf(
  { code, text }: { code: number | undefined; text: string },
  { python, source }: { python: { path: string } | undefined; source: PackageSource },
): AwpError {
  const said = cleaned(text, source);
  if (python && (code === EXIT_NO_PIP || /no such option: --report/.test(said))) {
    return new AwpError('sandbox/no-installer', `${python.path} has no pip, or one before 22.2`, {
      hint: 'install it (for instance: apt install python3-pip, or python3 -m ensurepip --upgrade)',
    });
  }
  const tool = python ? 'pip' : 'npm';
  const hint = HINTS.find(([words]) => words.test(said))?.[1];
  const why = said === '' ? `${tool} ended with exit code ${code ?? 'none'}` : said;
  return new AwpError('sandbox/package-failed', `the packages were not installed: ${why}`, {
    hint: hint ?? `check what ${tool} says`,
  });
}

/** The error for packages over a limit, which is given in words. */
export function tooLarge(limit: string): AwpError {
  return new AwpError(
    'sandbox/package-failed',
    `the packages were not installed: they need more than ${limit}`,
    { hint: 'declare fewer packages' },
  );
}

/** The lines that tell of errors, else the last ones; without control characters and passwords. */
function cleaned(text: string, { login }: PackageSource): string {
  const lines = text
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\p{Cc}+/gu, ' ').trim())
    .filter((line) => line !== '' && !/^npm error (?:A complete log|code )/.test(line));
  const errors = lines.filter((line) => /^(?:ERROR|npm error)/i.test(line));
  const said = (errors.length > 0 ? errors : lines.slice(-4)).join(' | ').slice(0, MAX_CHARACTERS);
  const secrets = login ? [login.password, encodeURIComponent(login.password)] : [];
  return secrets.reduce((all, one) => (one === '' ? all : all.replaceAll(one, '***')), said);
}
