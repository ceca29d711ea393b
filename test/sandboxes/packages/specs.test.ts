import { describe, expect, it } from 'vitest';
import { AwpError } from '../../../src/base/errors.ts';
import { npmSpecs, pythonSpecs } from '../../../src/sandboxes/packages/specs.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

const codeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error instanceof AwpError ? error.code : error;
  }
};

describe('Python packages', () => {
  it.each([
    ['pandas', 'pandas'],
    ['pandas==2.2.3', 'pandas==2.2.3'],
    ['pandas >= 2, < 3', 'pandas>=2,<3'],
    ['polars[excel, numpy]~=1.9', 'polars[excel,numpy]~=1.9'],
    ['  ruamel.yaml!=0.18.*  ', 'ruamel-yaml!=0.18.*'],
    ['torch===2.4.0+cpu', 'torch===2.4.0+cpu'],
    ['zope.interface>=5!1.0', 'zope-interface>=5!1.0'],
    [`${'a'.repeat(128)}`, 'a'.repeat(128)],
  ])('takes %j', (given, text) => {
    expect(pythonSpecs([given]).map((spec) => spec.text)).toEqual([text]);
  });

  it.each([
    ['nothing', ''],
    ['an index', '--index-url=https://evil.test'],
    ['an index behind a name', 'pandas --index-url=https://evil.test'],
    ['a short option', '-r'],
    ['a list of others', '-r /etc/passwd'],
    ['an editable folder', '-e .'],
    ['a repository', 'git+https://evil.test/x.git'],
    ['a repository by name', 'x@git+https://evil.test/x.git'],
    ['an address', 'https://evil.test/x-1-py3-none-any.whl'],
    ['a relative folder', './evil'],
    ['the folder above', '../evil'],
    ['an absolute folder', '/tmp/evil'],
    ['a folder of the home', '~/evil'],
    ['a direct reference', 'x@file:///etc/passwd'],
    ['a direct reference with spaces', 'x @ https://evil.test/x.whl'],
    ['a second command', 'pkg;id'],
    ['a marker', 'pkg; python_version>"3"'],
    ['a command in a command', 'pkg$(id)'],
    ['a command in quotes', 'pkg`id`'],
    ['a pipe', 'pkg|id'],
    ['an ampersand', 'pkg&&id'],
    ['a redirection', 'pkg>/tmp/x'],
    ['a line of its own', 'pkg\n--index-url=https://evil.test'],
    ['a carriage return', 'pkg\r-r x'],
    ['a NUL', 'pkg\0'],
    ['a variable', '$HOME'],
    ['a wheel', 'x-1.0-py3-none-any.whl'],
    ['an archive of sources', 'x-1.0.tar.gz'],
    ['a name of 129 characters', 'a'.repeat(129)],
    ['a name with a look-alike letter', 'pаndas'],
    ['a name in full-width letters', 'ｐandas'],
    ['an unknown kind of hash', `pkg==1 --hash=md5:${'a'.repeat(32)}`],
    ['a short hash', 'pkg==1 --hash=sha256:abc'],
    ['an option behind a hash', `pkg==1 --hash=sha256:${A} --pre`],
    ['a million spaces', `pkg${' '.repeat(1_000_000)}`],
  ])('refuses %s', (_what, given) => {
    expect(codeOf(() => pythonSpecs([given]))).toBe('sandbox/bad-package');
  });

  it('keeps hashes apart from the 128 characters', () => {
    const given = `pandas==2.2.3 --hash=sha256:${B}  --hash=sha256:${A}`;
    expect(pythonSpecs([given])).toEqual([
      { name: 'pandas', text: 'pandas==2.2.3', hashes: [`sha256:${A}`, `sha256:${B}`] },
    ]);
  });

  it.each([
    ['one without', [`a==1 --hash=sha256:${A}`, 'b==1']],
    ['one without a version', [`a==1 --hash=sha256:${A}`, `b --hash=sha256:${B}`]],
    ['one with a range', [`b>=1 --hash=sha256:${B}`]],
    ['one with any patch', [`b==1.* --hash=sha256:${B}`]],
    ['one with two clauses', [`b==1,!=2 --hash=sha256:${B}`]],
  ])('refuses a list with hashes and %s', (_what, given) => {
    expect(codeOf(() => pythonSpecs(given))).toBe('sandbox/bad-package');
  });

  it('sorts, takes the same once, and refuses two versions of one', () => {
    const texts = pythonSpecs(['numpy', 'Jinja2', 'jinja2']).map(({ name }) => name);
    expect(texts).toEqual(['jinja2', 'numpy']);
    expect(codeOf(() => pythonSpecs(['typing_extensions==1', 'Typing.Extensions==2']))).toBe(
      'sandbox/bad-package',
    );
    expect(codeOf(() => pythonSpecs([]))).toBe('sandbox/bad-package');
  });
});

describe('npm packages', () => {
  it.each([
    'd3',
    'd3@7',
    'd3@7.9.0',
    'd3@^7.1.0',
    'd3@~7.1',
    'd3@7.x',
    'd3@*',
    'd3@>=7.1.0 <8.0.0',
    '@scope/name',
    '@scope/name@1.0.0-beta.1+build.5',
    'socket.io@4',
  ])('takes %j', (given) => {
    expect(npmSpecs([given]).map((spec) => spec.text)).toEqual([given]);
  });

  it.each([
    ['nothing', ''],
    ['an option', '--registry=https://evil.test'],
    ['a file', 'file:../evil'],
    ['a file by name', 'x@file:../evil'],
    ['a repository', 'git+ssh://git@evil.test/x.git'],
    ['a repository by name', 'x@git+https://evil.test/x.git'],
    ['a repository in short', 'owner/name'],
    ['a repository in short by name', 'x@owner/name'],
    ['a repository of a host', 'github:owner/name'],
    ['an address', 'https://evil.test/x.tgz'],
    ['an address by name', 'x@https://evil.test/x.tgz'],
    ['an alias', 'x@npm:evil@1'],
    ['an alias alone', 'npm:evil'],
    ['a link', 'x@link:../evil'],
    ['a workspace', 'x@workspace:*'],
    ['a relative folder', './evil'],
    ['an absolute folder', '/tmp/evil'],
    ['a folder of the home', '~/evil'],
    ['a folder behind a name', 'x@./evil'],
    ['a folder of the home behind a name', 'x@~/evil'],
    ['an archive', 'evil.tgz'],
    ['an archive behind a name', 'x@evil.tgz'],
    ['an archive with a version', 'x@1.0.0-evil.tgz'],
    ['a tag, which moves', 'x@latest'],
    ['a second command', 'x;id'],
    ['a command in a command', 'x@$(id)'],
    ['a pipe', 'x@1 || 2'],
    ['a line of its own', 'x\n--foreground-scripts'],
    ['capital letters', 'React'],
    ['a look-alike letter', 'rеact'],
    ['a scope that leads elsewhere', '@../evil'],
    ['a name that begins with a dot', '.bin'],
    ['a number that is none', 'x@01.2'],
    ['129 characters', 'a'.repeat(129)],
  ])('refuses %s', (_what, given) => {
    expect(codeOf(() => npmSpecs([given]))).toBe('sandbox/bad-package');
  });
});
