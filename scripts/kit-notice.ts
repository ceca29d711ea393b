/** The licences of what the data kit is made of. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A package of which a part is in the kit. */
export interface BundledPackage {
  name: string;
  version: string;
  /** As SPDX names it, or as the package does. */
  licence: string;
  /** What has to be passed on with it. */
  text: string;
}

/** What packages do not say themselves, or not in a file. */
const KNOWN: Readonly<Record<string, Partial<BundledPackage>>> = {
  jstat: { licence: 'MIT' },
  'dejavu-fonts-ttf': { licence: 'Bitstream Vera terms' },
  'median-quickselect': {
    text: [
      'Copyright https://github.com/mad-gooze',
      'Permission to use, copy, modify, and/or distribute this software for any purpose with or',
      'without fee is hereby granted, provided that the above copyright notice and this permission',
      'notice appear in all copies.',
      'THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS',
      'SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL',
      'THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY',
      'DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF',
      'CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE',
      'OR PERFORMANCE OF THIS SOFTWARE.',
    ].join('\n'),
  },
  '@resvg/resvg-wasm': {
    text: [
      'resvg.wasm and resvg-glue.mjs are index_bg.wasm and index.mjs of this package, unchanged.',
      'They are under the Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/. Their source is',
      'at https://github.com/yisibl/resvg-js (tag v2.6.2) and https://github.com/linebender/resvg.',
    ].join('\n'),
  },
};

/** The package that a file is from; undefined for a file of our own. */
export function packageAt(path: string): BundledPackage | undefined {
  if (!path.includes('/node_modules/')) return undefined;
  let folder = dirname(path);
  while (!isPackage(folder)) folder = dirname(folder);
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const known = KNOWN[name] ?? {};
  const licence = known.licence ?? license;
  const text = known.text ?? licenceText(folder);
  if (licence === undefined || text === undefined) throw new Error(`${name} names no licence`);
  return { name, version, licence, text };
}

/** The text of the file NOTICE. */
export function noticeOf(packages: readonly BundledPackage[]): string {
  const head = [
    'The files of this folder are made from parts of the packages below. Each is under its own',
    'licence, whose text follows; what is not named is part of awp-agents.',
  ];
  const list = packages.map(({ name, version, licence }) => `* ${name} ${version} (${licence})`);
  const texts = [...groupsOf(packages)].map(([text, names]) => {
    return `${'-'.repeat(72)}\n${names.join('\n')}\n\n${text}`;
  });
  return `${[head.join('\n'), list.join('\n'), ...texts].join('\n\n')}\n`;
}

/** Names of packages by their text, which those of one project share. */
function groupsOf(packages: readonly BundledPackage[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, version, text } of packages) {
    groups.set(text, [...(groups.get(text) ?? []), `${name} ${version}`]);
  }
  return groups;
}

/** Some folders of a package have a `package.json` without a name, for the kind of their modules. */
function isPackage(folder: string): boolean {
  const file = join(folder, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version !== undefined;
}

function licenceText(folder: string): string | undefined {
  const [file] = globSync('{LICENSE,LICENCE,LICENSE.*,license,COPYING}', { cwd: folder });
  return file === undefined ? undefined : readFileSync(join(folder, file), 'utf8').trim();
}
