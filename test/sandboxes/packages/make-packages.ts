import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';

/** Packages made by hand, and indexes on the loopback interface that give them. */

export interface WheelOptions {
  version?: string;
  /** Lines `Requires-Dist`. */
  needs?: readonly string[];
  /** The module's text. */
  code?: string;
  /** More files by path. */
  more?: Readonly<Record<string, Uint8Array>>;
}

/** A pure Python wheel with one module of the package's name. */
export function wheel(name: string, options: WheelOptions = {}): { file: string; bytes: Buffer } {
  const { version = '1.0', needs = [], code = `VERSION = '${version}'\n`, more = {} } = options;
  const info = `${name}-${version}.dist-info`;
  const requires = needs.map((need) => `Requires-Dist: ${need}\n`).join('');
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const files: Record<string, Uint8Array> = {
    [`${name}/__init__.py`]: text(code),
    ...more,
    [`${info}/METADATA`]: text(
      `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${requires}`,
    ),
    [`${info}/WHEEL`]: text('Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
  };
  files[`${info}/RECORD`] = text(
    [...Object.keys(files), `${info}/RECORD`].map((path) => `${path},,\n`).join(''),
  );
  return { file: `${name}-${version}-py3-none-any.whl`, bytes: Buffer.from(zipSync(files)) };
}

/** A gzipped tar archive of plain files, and of links for those with a target. */
export function tarball(files: Readonly<Record<string, string | { link: string }>>): Buffer {
  const blocks: Buffer[] = [];
  for (const [path, content] of Object.entries(files)) {
    const link = typeof content === 'string' ? '' : content.link;
    const data = Buffer.from(typeof content === 'string' ? content : '');
    const head = Buffer.alloc(512);
    head.write(path, 0);
    head.write('0000755\0', 100);
    head.write('0000000\0'.repeat(2), 108);
    head.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    head.write('00000000000\0', 136);
    head.write('        ', 148);
    head.write(link === '' ? '0' : '2', 156);
    head.write(link, 157);
    head.write('ustar\0', 257);
    head.write('00', 263);
    const sum = head.reduce((all, byte) => all + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(head, data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** A server of fixed answers by path. */
export interface Index extends AsyncDisposable {
  url: string;
  /** Path, and what `Authorization` said, of every request. */
  requests: { path: string; authorization: string }[];
}

/** Starts a server; `answers` is asked with its address, because indexes name themselves. */
export async function serve(
  answers: (url: string) => Readonly<Record<string, string | Buffer>>,
): Promise<Index> {
  const requests: Index['requests'] = [];
  let known: Readonly<Record<string, string | Buffer>> = {};
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    requests.push({ path, authorization: request.headers.authorization ?? '' });
    const body = known[path];
    const type =
      typeof body === 'string' && body.startsWith('{') ? 'application/json' : 'text/html';
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': typeof body === 'string' ? type : 'application/octet-stream',
    });
    response.end(body ?? '');
  });
  const url = await listen(server);
  known = answers(url);
  return { url, requests, [Symbol.asyncDispose]: () => close(server) };
}

/** A proxy that answers every request itself from an index. */
export async function proxyTo(index: Index): Promise<Index> {
  const requests: Index['requests'] = [];
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://x');
    requests.push({ path: asked.href, authorization: request.headers.authorization ?? '' });
    void fetch(`${index.url}${asked.pathname}`).then(async (answer) => {
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
      });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  return { url: await listen(server), requests, [Symbol.asyncDispose]: () => close(server) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** A simple index of Python packages. */
export async function pythonIndex(
  files: readonly { file: string; bytes: Buffer }[],
): Promise<Index> {
  return await serve(() => {
    const answers: Record<string, string | Buffer> = {};
    for (const { file, bytes } of files) {
      const page = `/simple/${file.split('-')[0]}/`;
      const hash = createHash('sha256').update(bytes).digest('hex');
      answers[page] = `${answers[page] ?? ''}<a href="/files/${file}#sha256=${hash}">${file}</a>`;
      answers[`/files/${file}`] = bytes;
    }
    return answers;
  });
}

export interface NpmPackage {
  name: string;
  version: string;
  /** More fields of its package.json. */
  about?: Readonly<Record<string, unknown>>;
  files?: Readonly<Record<string, string | { link: string }>>;
  /** What the registry says instead of the archive's checksum. */
  integrity?: string;
  /** What comes before the archive's path in its address; the registry's own when left out. */
  at?: string;
}

/** An npm registry. */
export async function npmRegistry(packages: readonly NpmPackage[]): Promise<Index> {
  return await serve((url) => {
    const answers: Record<string, string | Buffer> = {};
    for (const { name, version, about = {}, files = {}, integrity, at = url } of packages) {
      const fields = { name, version, ...about };
      const bytes = tarball({ 'package/package.json': JSON.stringify(fields), ...files });
      const checksum = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      const path = `/${name}/-/${version}.tgz`;
      const dist = { tarball: at + path, integrity: integrity ?? checksum };
      answers[path] = bytes;
      answers[`/${name}`] = JSON.stringify({
        ...{ name, 'dist-tags': { latest: version } },
        versions: { [version]: { ...fields, dist } },
      });
    }
    return answers;
  });
}
