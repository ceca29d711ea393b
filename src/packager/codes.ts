import type { DiagnosticCode } from '../base/diagnostic.ts';

const error = (code: string): DiagnosticCode => ({ code, severity: 'error' });

/** Codes of what can be wrong with a package, or with a folder that is to become one. */
export const P = {
  archive: error('P1'),
  name: error('P2'),
  kind: error('P3'),
  collision: error('P4'),
  limit: error('P5'),
  headers: error('P6'),
  feature: error('P7'),
  manifest: error('P8'),
  checksum: error('P9'),
  missing: error('P10'),
  content: error('P11'),
  unlisted: error('P12'),
  identity: error('P13'),
  signature: error('P14'),
  secret: error('P15'),
  reserved: error('P16'),
} as const;

/** What each code means, for the documentation and `awp explain`. */
export const PACKAGE_CODES: readonly { code: string; title: string; why: string }[] = [
  {
    code: 'P1',
    title: 'The package is a whole ZIP archive',
    why: 'A file that is no archive, is cut short, or whose data does not inflate, has nothing that can be trusted.',
  },
  {
    code: 'P2',
    title: 'Every name can be a file on every machine, inside of the folder',
    why: 'Names with `..`, a drive, `\\`, a leading `/`, control characters or a name that Windows keeps for devices are written somewhere else than they say on one machine or another.',
  },
  {
    code: 'P3',
    title: 'A package has regular files only',
    why: 'A link is followed when something is written to it or read from it, and leads out of the folder; devices and pipes never end. Put a copy in its place, or list it in `.awpignore`.',
  },
  {
    code: 'P4',
    title: 'No two names are the same',
    why: 'Of two equal names the last one wins, and not the one that was looked at. Names that differ only in case or in how accents are coded are equal on many machines.',
  },
  {
    code: 'P5',
    title: 'A package stays within its limits',
    why: 'At most 5,000 files, 50 MiB each, 200 MB in all, and a hundred times the compressed size: a small archive must not fill a disk.',
  },
  {
    code: 'P6',
    title: 'The archive says everything once',
    why: 'When two headers differ, or bytes lie between, before or behind the entries, two programs see two different contents, and only one of them was verified.',
  },
  {
    code: 'P7',
    title: 'The archive uses plain ZIP features',
    why: 'Encrypted entries cannot be verified; several disks, ZIP64 and other methods than stored and deflate are not needed at this size.',
  },
  {
    code: 'P8',
    title: 'The package has a readable manifest',
    why: '`manifest.json` lies in the one top folder (or at the top with `checksums.sha256`, as the Python packager writes it) and lists every file with its sum. Without it nothing can be verified.',
  },
  {
    code: 'P9',
    title: 'The checksum of the manifest is right',
    why: '`checksum` is the SHA-256 of `workflow.awp.yaml` (in packages of the Python packager: of the list of all sums).',
  },
  {
    code: 'P10',
    title: 'Every listed file is there',
    why: 'A package that lacks a file is not the one that was packed.',
  },
  {
    code: 'P11',
    title: 'Every file has the size and the sum that the manifest says',
    why: 'Something changed after packing: by accident or on purpose.',
  },
  {
    code: 'P12',
    title: 'No file is there that is not listed',
    why: 'What no sum covers could have been put there by anybody.',
  },
  {
    code: 'P13',
    title: 'Name and versions are those of the workflow file',
    why: 'The manifest and `workflow.awp.yaml` must tell the same `name`, `version` and `awp`; packing needs the first two for the name of the package.',
  },
  {
    code: 'P14',
    title: 'The signature fits the package and the key',
    why: 'With `--key` the package must be signed, and by that key: otherwise it comes from somebody else, or was changed.',
  },
  {
    code: 'P15',
    title: 'No secret is packed',
    why: 'A package is made to be passed on. Write `$NAME` and keep the value in the environment or in `.env`, which is never packed; `--allow-secrets` packs what was found by mistake.',
  },
  {
    code: 'P16',
    title: 'The folder has no `manifest.json` of its own',
    why: 'The manifest of the package takes this name.',
  },
];
