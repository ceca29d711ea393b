/** Never packed, whatever `.awpignore` says: keys, and what programs keep for themselves. */
const ALWAYS = [
  '.env*',
  'secrets.yaml',
  'secrets.yml',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  'id_rsa*',
  'id_ed25519*',
  '.netrc',
  '.npmrc',
  '.pypirc',
  '.ssh/',
  '.git/',
  '.awp/',
  'node_modules/',
  '.awp-*.tmp',
];

/** Not packed unless `.awpignore` takes it back with `!` (surfaces 3.2). */
const DEFAULTS = [
  'workspace/',
  'runs/',
  '__pycache__/',
  '*.pyc',
  'logs/',
  'data/state/',
  'data/output/',
  '.DS_Store',
  'Thumbs.db',
  '*.awp.zip',
  '*.awp.zip.sig',
];

/** Within a folder that is not packed, what belongs to the workflow: tools that a person promoted. */
const KEPT_IN = 'workspace/';
const KEPT = 'workspace/dynamic_tools/';

/** Name of the file with more patterns, in the syntax of `.gitignore`. */
export const IGNORE_FILE = '.awpignore';

/** Why something is not packed. */
export type Exclusion = 'always' | 'default' | typeof IGNORE_FILE;

/**
 * Tells what is not packed, and why; `own` is the text of `.awpignore`. Paths are relative, folders
 * end with `/`.
 */
export async function exclusions(own: string): Promise<(path: string) => Exclusion | undefined> {
  const { default: ignore } = await import('ignore');
  const always = ignore({ ignorecase: true }).add(ALWAYS);
  const defaults = ignore({ ignorecase: false }).add(DEFAULTS);
  const all = ignore({ ignorecase: false }).add(DEFAULTS).add(own);
  const authors = ignore({ ignorecase: false }).add(own);
  return (path) => {
    if (always.ignores(path)) return 'always';
    if (path === KEPT_IN || path.startsWith(KEPT)) {
      return authors.ignores(path) ? IGNORE_FILE : undefined;
    }
    if (!all.ignores(path)) return undefined;
    return defaults.ignores(path) ? 'default' : IGNORE_FILE;
  };
}
