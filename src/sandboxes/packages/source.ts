import { AwpError } from '../../base/errors.ts';
import type { Effects } from '../../ports/effects.ts';

/** Languages that have packages; TypeScript uses those of JavaScript. */
export type PackageLanguage = 'python' | 'javascript';

/** Where packages come from. */
export interface PackageSource {
  /** Address of the index, without user and password; undefined for a folder. */
  index: string | undefined;
  /** Folder of wheels; then no index is asked at all. */
  folder: string | undefined;
  /** User and password for the index, if its address has them. */
  login: { user: string; password: string } | undefined;
  /** Hosts that the tool may reach, as `name` or `name:port`. */
  hosts: readonly string[];
  /** A file of certificates to trust in place of the tool's own. */
  certificates: string | undefined;
}

/** The setting with the address of a language's index. */
const SETTINGS = { python: 'AWP_PIP_INDEX', javascript: 'AWP_NPM_REGISTRY' } as const;

/**
 * Where packages of a language come from, by the settings of the environment: `AWP_PIP_WHEELS` (a
 * folder) before `AWP_PIP_INDEX`, or `AWP_NPM_REGISTRY`. `AWP_PACKAGE_HOSTS` names more hosts, for an
 * index that sends its clients elsewhere for files. Nothing is taken for granted, and the settings of
 * pip and npm themselves do not count: a layer depends on nothing that its user has not named. Throws
 * `sandbox/bad-index`.
 */
export function packageSource({ secrets }: Effects, language: PackageLanguage): PackageSource {
  const certificates = secrets.get('SSL_CERT_FILE');
  const folder = language === 'python' ? secrets.get('AWP_PIP_WHEELS') : undefined;
  if (folder !== undefined) {
    if (!folder.startsWith('/')) throw badIndex('AWP_PIP_WHEELS', 'an absolute path');
    return { index: undefined, folder, login: undefined, hosts: [], certificates };
  }
  const setting = SETTINGS[language];
  const given = secrets.get(setting);
  if (given === undefined) throw noIndex(language);
  const url = parsed(given);
  if (!url) throw badIndex(setting, 'an http or https address');
  const login = loginOf(setting, url);
  url.username = '';
  url.password = '';
  const more = secrets.get('AWP_PACKAGE_HOSTS')?.split(/[\s,]+/) ?? [];
  return {
    index: url.href,
    folder: undefined,
    login,
    hosts: [...new Set([url.host, ...more.filter((one) => one !== '')])],
    certificates,
  };
}

/** Whether a file came from where it may: below the folder, or from one of the hosts. */
export function comesFrom({ folder, hosts }: PackageSource, address: string): boolean {
  const url = URL.parse(address);
  if (url?.protocol === 'file:') {
    return folder !== undefined && decodeURIComponent(url.pathname).startsWith(`${folder}/`);
  }
  return (url?.protocol === 'https:' || url?.protocol === 'http:') && hosts.includes(url.host);
}

function parsed(address: string): URL | undefined {
  const url = URL.parse(address);
  const fits = url?.protocol === 'https:' || url?.protocol === 'http:';
  return fits && /^[^\s\\'"#]+$/.test(address) ? url : undefined;
}

function loginOf(setting: string, url: URL): PackageSource['login'] {
  if (url.username === '' && url.password === '') return undefined;
  const [user, password] = [url.username, url.password].map(decoded);
  // The files that pip and npm read have no way to write these.
  if (user !== undefined && password !== undefined && !/[\s"\\]/.test(user + password)) {
    return { user, password };
  }
  throw badIndex(setting, 'an address whose user and password have no spaces or quotes');
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function noIndex(language: PackageLanguage): AwpError {
  const setting = SETTINGS[language];
  const folder = language === 'python' ? ', or AWP_PIP_WHEELS to a folder of wheels' : '';
  return new AwpError(
    'sandbox/bad-index',
    `packages of ${language} are declared, but no index for them is configured`,
    { hint: `set ${setting} to the address of the index that you trust${folder}` },
  );
}

function badIndex(setting: string, what: string): AwpError {
  return new AwpError('sandbox/bad-index', `${setting} is not ${what}`, {
    hint: `set ${setting} to ${what}`,
  });
}
