import { join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { isObject, parseJson } from '../base/json.ts';
import type { PinnedTools, ToolPins } from '../mcp/pins.ts';
import type { Effects } from '../ports/effects.ts';
import { userFolder } from './user-folder.ts';

/** Servers that are remembered; those that were remembered longest ago are forgotten first. */
const KEPT = 500;
const PARSE = { maxLength: 64 * 1024 * 1024, maxDepth: 8 };

interface PinFile {
  version: 1;
  servers: Record<string, PinnedTools>;
}

/** Writers of this process wait for each other, so that none loses what another one adds. */
let writing: Promise<unknown> = Promise.resolve();

/**
 * The lists of tools of MCP servers as they were at their first use, in `pins.json` of the user's
 * folder: it is about the servers of this user and belongs to no workflow. A file that cannot be
 * read is an error and not a first use: `mcp/bad-pins`.
 */
export function filePins(effects: Effects): ToolPins {
  const { files } = effects;
  const path = (): string => join(userFolder(effects), 'pins.json');
  return {
    async read(identity) {
      const { servers } = await readPins(files, path());
      return Object.hasOwn(servers, identity) ? servers[identity] : undefined;
    },
    async remember(identity, tools) {
      const write = async (): Promise<void> => {
        const { servers } = await readPins(files, path());
        const others = Object.entries(servers).filter(([known]) => known !== identity);
        const kept = [...others, [identity, tools] as const].slice(-KEPT);
        const file: PinFile = { version: 1, servers: Object.fromEntries(kept) };
        await files.makeFolder(userFolder(effects), 0o700);
        await files.write(path(), `${JSON.stringify(file, null, 1)}\n`);
      };
      const mine = writing.then(write, write);
      writing = mine.catch(() => {}); // who asked is told
      await mine;
    },
  };
}

async function readPins(files: Effects['files'], path: string): Promise<PinFile> {
  if ((await files.info(path)) === undefined) return { version: 1, servers: {} };
  const json = parseJson(await files.readText(path), PARSE);
  if (isObject(json) && json.version === 1 && isObject(json.servers) && isPins(json.servers)) {
    return { version: 1, servers: json.servers as unknown as PinFile['servers'] };
  }
  throw new AwpError('mcp/bad-pins', `${path} cannot be read as the remembered MCP servers`, {
    hint: 'look at who changed it; without the file every server counts as new',
  });
}

const PARTS = ['description', 'input', 'output', 'hints'];

function isPins(servers: object): boolean {
  return Object.values(servers).every(
    (tools) =>
      isObject(tools) &&
      Object.values(tools).every(
        (hashes) => isObject(hashes) && PARTS.every((part) => typeof hashes[part] === 'string'),
      ),
  );
}
