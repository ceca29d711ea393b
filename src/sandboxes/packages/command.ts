import type { PackageSource } from './source.ts';
import type { PackageSpec } from './specs.ts';

/**
 * One start of pip or npm as data, so that it can run on the host or inside of a box: nothing in it
 * depends on where.
 */
export interface InstallCommand {
  /** Absolute path. */
  command: string;
  args: readonly string[];
  /** The whole environment. A box adds the address of its proxy (`HTTPS_PROXY`, `HTTP_PROXY`). */
  env: Readonly<Record<string, string>>;
  /** The only folder that it writes to, and where it starts; exists, and belongs to its user. */
  draft: string;
  /**
   * Folders and files besides those of the system that it reads, each at its own path; what is not
   * there is left out.
   */
  reads: readonly string[];
  /** The only hosts that it needs, as `name` or `name:port`; empty: it needs no network. */
  hosts: readonly string[];
  /** Files that must be there before it starts, by absolute path. Some hold a password. */
  files: ReadonlyMap<string, string>;
}

/** A program and where its files lie, all readable for the user who runs it. */
export interface Tool {
  /** Absolute path of the interpreter. */
  interpreter: string;
  /** Absolute path of npm's program; empty for pip, which is a module. */
  program: string;
  /** More environment that the interpreter needs. */
  env: Readonly<Record<string, string>>;
  reads: readonly string[];
}

/** What is to be installed, and where. */
export interface InstallWish {
  tool: Tool;
  source: PackageSource;
  specs: readonly PackageSpec[];
  /** Absolute path; its parts are those of `draftParts`. */
  draft: string;
  /** Bytes that one file may have. */
  maxFileBytes: number;
}

/** The parts of a draft: what becomes the layer, and what is thrown away. */
export function draftParts(draft: string): { files: string; work: string; report: string } {
  return { files: `${draft}/files`, work: `${draft}/work`, report: `${draft}/work/report.json` };
}

/** Exit code of a Python without pip. */
export const EXIT_NO_PIP = 97;
/** Whole seconds that one request may be silent, and how often it is tried again. */
const SILENCE_S = 20;
const RETRIES = 2;

/** Where systems keep the certificates that their own pip trusts. */
const TRUST = ['/etc/ssl/certs', '/etc/pki/tls/certs', '/etc/pki/ca-trust/extracted'];

/**
 * Starts pip so that it can do nothing but unpack wheels: no process but the question of musl for
 * its version is started, so neither an archive of sources nor a repository that a wheel names as
 * what it needs is ever built, and no host is looked up that is not on the list.
 */
const PIP = `
import os, runpy, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except ImportError:
    pass
from urllib.parse import urlsplit
proxies = [os.environ.get(name, '') for name in ('HTTPS_PROXY', 'HTTP_PROXY')]
addresses = ['//' + host for host in sys.argv[2].split(',')] + proxies
hosts = {urlsplit(address).hostname for address in addresses}
STARTS = ('os.exec', 'os.posix_spawn', 'os.fork', 'os.forkpty', 'os.system', 'pty.spawn')
def check(event, args):
    if event in STARTS or event == 'subprocess.Popen' and not str(args[0]).startswith('/lib/ld-musl-'):
        raise PermissionError(1, 'only wheels are installed, nothing is built or run')
    if event == 'socket.getaddrinfo':
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host and host.strip('[]').lower() not in hosts:
            raise PermissionError(1, 'the host %s is not one of the package index' % host)
del sys.argv[1:3]
try:
    import pip
except ImportError:
    sys.exit(${EXIT_NO_PIP})
sys.addaudithook(check)
runpy.run_module('pip', run_name='__main__', alter_sys=True)
`;

/** The start of pip for these packages: wheels only, into `files/`, told of in the report. */
export function pipCommand(wish: InstallWish): InstallCommand {
  const { tool, source, specs, draft } = wish;
  const { files, work, report } = draftParts(draft);
  const list = `${work}/requirements.txt`;
  const hashed = specs.some(({ hashes }) => hashes.length > 0);
  const args = [
    ...['-I', '-X', 'utf8', '-c', PIP, `${wish.maxFileBytes}`, source.hosts.join(',')],
    ...['install', '--only-binary=:all:', '--no-input', '--isolated', '--no-compile'],
    ...['--disable-pip-version-check', '--no-cache-dir', '--no-color', '--progress-bar=off'],
    ...['--no-warn-conflicts', `--timeout=${SILENCE_S}`, `--retries=${RETRIES}`],
    ...(hashed ? ['--require-hashes'] : []),
    ...(source.certificates === undefined ? [] : [`--cert=${source.certificates}`]),
    ...whereFrom(source),
    ...[`--target=${files}`, `--report=${report}`, `--requirement=${list}`],
  ];
  const lines = specs.map(({ text, hashes }) =>
    [text, ...hashes.map((hash) => `--hash=${hash}`)].join(' '),
  );
  // A password in the arguments could be read by every user of the machine.
  const login = source.login && [[`${work}/.netrc`, netrc(source)] as const];
  return {
    ...{ command: tool.interpreter, args, draft, hosts: source.hosts },
    // Said to be nowhere, pip's settings of the machine do not count either.
    env: { ...environment(work), ...tool.env, PIP_CONFIG_FILE: '/dev/null' },
    reads: readsOf(wish),
    files: new Map([[list, `${lines.join('\n')}\n`], ...(login ?? [])]),
  };
}

/**
 * The start of npm for these packages: without scripts, programs of packages, git or addresses, and
 * under Node's permission model, which keeps it from starting a process or writing elsewhere.
 */
export function npmCommand(wish: InstallWish): InstallCommand {
  const { tool, source, specs, draft } = wish;
  const { files, work } = draftParts(draft);
  const args = [
    ...['--permission', '--allow-fs-read=*', `--allow-fs-write=${draft}`, tool.program],
    ...['install', '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev', '--no-save'],
    ...['--no-package-lock', '--no-bin-links', '--no-update-notifier', '--no-progress'],
    ...['--allow-git=none', '--allow-file=none', '--allow-directory=none', '--git=/nonexistent'],
    // Archives of another host than the registry's count as such; from where they came is seen later.
    `--allow-remote=${source.hosts.length > 1 ? 'all' : 'none'}`,
    ...[`--fetch-retries=${RETRIES}`, `--fetch-timeout=${SILENCE_S * 1000}`],
    ...['--fetch-retry-mintimeout=500', '--fetch-retry-factor=2'],
    ...[`--registry=${source.index}`, `--cache=${work}/cache`, `--prefix=${files}`],
    ...[`--userconfig=${work}/npmrc`, `--globalconfig=${work}/global-npmrc`, '--'],
    ...specs.map(({ text }) => text),
  ];
  const { certificates } = source;
  return {
    ...{ command: tool.interpreter, args, draft, hosts: source.hosts },
    env: {
      ...environment(work),
      ...tool.env,
      ...{ NODE_DISABLE_COMPILE_CACHE: '1', npm_config_loglevel: 'error' },
      ...(certificates !== undefined && { NODE_EXTRA_CA_CERTS: certificates }),
    },
    reads: readsOf(wish),
    files: new Map([
      [`${work}/npmrc`, npmrc(source)],
      [`${work}/global-npmrc`, ''],
    ]),
  };
}

function whereFrom({ folder, index }: PackageSource): string[] {
  return folder === undefined ? [`--index-url=${index}`] : ['--no-index', `--find-links=${folder}`];
}

function readsOf({ tool, source }: InstallWish): string[] {
  const { folder, certificates } = source;
  const given = [folder, certificates].filter((path) => path !== undefined);
  return [...tool.reads, ...given, ...(source.hosts.length > 0 ? TRUST : [])];
}

function environment(work: string): Record<string, string> {
  return { PATH: '/usr/bin:/bin', HOME: work, TMPDIR: work, LANG: 'C.UTF-8', TZ: 'UTC' };
}

function netrc({ index, login }: PackageSource): string {
  const { hostname } = new URL(index ?? '');
  return `machine ${hostname}\nlogin ${login?.user}\npassword ${login?.password}\n`;
}

function npmrc({ index, login }: PackageSource): string {
  if (!login) return '';
  const { host, pathname } = new URL(index ?? '');
  const words = Buffer.from(`${login.user}:${login.password}`).toString('base64');
  return `//${host}${pathname}:_auth=${words}\n`;
}
