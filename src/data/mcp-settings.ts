import { isAbsolute } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { isObject } from '../base/json.ts';
import { parseDuration } from '../base/time.ts';
import { namespaceOf } from '../mcp/names.ts';
import { unknownOption } from './unknown-option.ts';

/** What any MCP server may be given. */
export interface McpCommonOptions {
  /** Tools that are offered, as names or patterns with `*`. Default all. */
  allow?: readonly string[];
  /**
   * Tools that change nothing and may be called again after a crash, as names or patterns; what a
   * server says of them itself does not count. Default none.
   */
  readOnly?: readonly string[];
  /** Tools that are not offered. Default none. */
  deny?: readonly string[];
  /** From the start to the list of tools: milliseconds, or a text such as `'30s'`. Default 10 s. */
  timeout?: number | string;
  /** Whether a person is asked before every call. Default false. */
  approval?: boolean;
}

/** A server that is started and spoken to over its standard streams. */
export interface McpCommandOptions extends McpCommonOptions {
  /** A program on the search path, or its path. No shell is involved. */
  command: string;
  args?: readonly string[];
  /**
   * Its environment, besides `PATH` and `HOME`; nothing else is inherited. `$NAME` in a value is a
   * secret of the run, `$$` is a dollar sign.
   */
  env?: Readonly<Record<string, string>>;
  /** Its working folder, absolute. Default that of this process. */
  cwd?: string;
}

/** A server that is there and is reached over streamable HTTP. */
export interface McpAddressOptions extends McpCommonOptions {
  /** `https://...`; `http://` only for this machine, unless `insecure`. */
  url: string;
  /** Sent with every request; `$NAME` is a secret of the run, `$$` is a dollar sign. */
  headers?: Readonly<Record<string, string>>;
  /** Whether keys and data may go to another machine without encryption. Default false. */
  insecure?: boolean;
}

/** An MCP server that a run may use. */
export type McpServerOptions = McpCommandOptions | McpAddressOptions;

const COMMON = ['allow', 'deny', 'readOnly', 'timeout', 'approval'];
const OF_COMMAND = ['command', 'args', 'env', 'cwd', ...COMMON];
const OF_ADDRESS = ['url', 'headers', 'insecure', ...COMMON];

/** Checks the settings of one server. Throws `usage/unknown-option`, `usage/bad-option`. */
export function checkMcpServer(label: string, options: McpServerOptions): void {
  const at = `mcp.${label}`;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw badMcpOption(at, 'is no object', 'give { command, args, env } or { url, headers }');
  }
  if ('url' in options === 'command' in options) {
    throw badMcpOption(at, 'needs a command or a url', 'one of both: { command, args } or { url }');
  }
  const known = 'url' in options ? OF_ADDRESS : OF_COMMAND;
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw unknownOption(`${at}.${name}`, known);
  }
  checkTexts(options, at);
  checkTimeout(options.timeout, at);
  for (const flag of ['approval', 'insecure'] as const) {
    const value: unknown = (options as McpAddressOptions)[flag];
    if (value !== undefined && typeof value !== 'boolean') {
      throw badMcpOption(`${at}.${flag}`, 'is neither true nor false');
    }
  }
  if ('url' in options) checkAddress(options, at);
  else checkCommand(options, at);
  namespaceOf(label);
}

/** Settings that are lists of texts, and those that are maps of texts. */
const LISTS = ['args', 'allow', 'deny', 'readOnly'];
const MAPS = ['env', 'headers'];

function checkTexts(options: McpServerOptions, at: string): void {
  for (const [name, value] of Object.entries(options)) {
    const place = `${at}.${name}`;
    if (LISTS.includes(name)) checkList(value, place);
    if (MAPS.includes(name)) checkMap(value, place);
  }
}

function checkList(value: unknown, at: string): void {
  if (!Array.isArray(value)) throw badMcpOption(at, 'is no list');
  for (const [index, item] of value.entries()) checkText(item, `${at}[${index}]`);
}

function checkMap(value: unknown, at: string): void {
  if (!isObject(value)) throw badMcpOption(at, 'is no map of names to texts');
  for (const [key, item] of Object.entries(value)) checkText(item, `${at}.${key}`);
}

function checkText(item: unknown, at: string): void {
  if (typeof item !== 'string') throw badMcpOption(at, 'is no text', 'put it into quotes');
  if (item.includes('\0')) throw badMcpOption(at, 'holds a character that no program can be given');
}

function checkTimeout(timeout: number | string | undefined, at: string): void {
  if (timeout === undefined) return;
  if (!(mcpMilliseconds(timeout) > 0)) {
    throw badMcpOption(
      `${at}.timeout`,
      `cannot be ${JSON.stringify(timeout)}`,
      "such as '30s', or 30000",
    );
  }
}

/** Milliseconds of a setting; not a number when it is none. */
export function mcpMilliseconds(timeout: number | string): number {
  const ms = typeof timeout === 'string' ? parseDuration(timeout) : timeout;
  return typeof ms === 'number' && Number.isFinite(ms) ? ms : Number.NaN;
}

function checkCommand({ command, env = {}, cwd }: McpCommandOptions, at: string): void {
  if (typeof command !== 'string' || command.trim() === '' || command.includes('\0')) {
    throw badMcpOption(
      `${at}.command`,
      'is no program',
      'a name such as npx; arguments go into args',
    );
  }
  if (cwd !== undefined && (typeof cwd !== 'string' || !isAbsolute(cwd) || cwd.includes('\0'))) {
    throw badMcpOption(`${at}.cwd`, 'is no absolute path');
  }
  const odd = Object.keys(env).find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (odd !== undefined) throw badMcpOption(`${at}.env`, `has a name that no variable has: ${odd}`);
}

function checkAddress({ url, headers = {}, insecure }: McpAddressOptions, at: string): void {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
    throw badMcpOption(`${at}.url`, 'is no address', 'such as https://example.com/mcp');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw badMcpOption(
      `${at}.url`,
      'holds a password',
      'use headers: { Authorization: "Bearer $NAME" }',
    );
  }
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname) && insecure !== true) {
    throw badMcpOption(`${at}.url`, 'leads to another machine without encryption', 'use https://');
  }
  const odd = Object.keys(headers).find((name) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name));
  if (odd !== undefined)
    throw badMcpOption(`${at}.headers`, `has a name that no header has: ${odd}`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** The error about a setting of a server that cannot be. */
export function badMcpOption(at: string, what: string, hint?: string): AwpError {
  return new AwpError('usage/bad-option', `${at} ${what}`, hint === undefined ? {} : { hint });
}
