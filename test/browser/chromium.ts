import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { temporaryFolder } from '../make.ts';

/** The Chromium of this machine, if there is one. */
export const CHROMIUM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** Most time that a page has, in milliseconds. */
const PATIENCE_MS = 90_000;

/**
 * Runs a module in a page and returns what it hands to `report(value)`. Texts that it can fetch
 * come from `textAt`, by path.
 */
export async function runInPage(
  module: string,
  textAt: (path: string) => string | undefined,
): Promise<unknown> {
  using folder = temporaryFolder();
  const page = `<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/test.js"></script>`;
  const code = `window.onerror = (message) => report({ failed: String(message) });
window.onunhandledrejection = ({ reason }) => report({ failed: String(reason) });
function report(value) { fetch('/result', { method: 'POST', body: JSON.stringify(value) }); }
window.report = report;
import('/module.js').catch((error) => report({ failed: String(error) }));`;
  let done: (text: string) => void = () => {};
  const result = new Promise<string>((resolve) => {
    done = resolve;
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path === '/result') {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        response.end();
        done(body);
      });
      return;
    }
    const own = new Map([
      ['/', page],
      ['/test.js', code],
      ['/module.js', module],
    ]);
    const text = own.get(path) ?? textAt(path);
    const type =
      path === '/' ? 'text/html' : path.endsWith('.json') ? 'application/json' : 'text/javascript';
    if (text === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', `${type}; charset=utf-8`).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}/`;
  const browser = spawn(CHROMIUM ?? '', [...FLAGS, `--user-data-dir=${folder.path}`, address], {
    stdio: 'ignore',
    detached: true,
  });
  const closed = new Promise((resolve) => browser.once('close', resolve));
  const end = setTimeout(() => done('{"failed":"the page took too long"}'), PATIENCE_MS);
  try {
    return JSON.parse(await result);
  } finally {
    clearTimeout(end);
    if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    await closed;
    server.closeAllConnections();
    server.close();
  }
}
