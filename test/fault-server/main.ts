/**
 * The fault server for other processes: `node test/fault-server/main.ts SCENARIO.ts`. The module
 * SCENARIO exports `handler`. Prints its URL as the first line; `GET /requests` on its host gives
 * the log; it lives until its stdin ends.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startFaultServer } from './server.ts';

const scenario = process.argv[2];
if (!scenario) {
  process.stderr.write('usage: node test/fault-server/main.ts SCENARIO.ts\n');
  process.exit(2);
}
const { handler } = await import(pathToFileURL(resolve(scenario)).href);
const server = await startFaultServer(handler);
process.stdout.write(`${server.url}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  void server.close();
});
