import { fileURLToPath } from 'node:url';
import { AwpError } from '../../base/errors.ts';
import { isObject, parseJson } from '../../base/json.ts';
import type { Effects, RunningProcess } from '../../ports/effects.ts';
import { findNode } from '../interpreters.ts';
import { idsOf, type Machine } from '../machine.ts';
import type { BaitFacts } from './types.ts';

/** What the host itself saw after a program. */
export interface BaitState {
  /** Listeners that were reached, by name. */
  heard: readonly string[];
  victim: 'alive' | 'stopped' | 'gone';
  /** Paths below the bait's folder that are new, changed or gone. */
  changed: readonly string[];
}

/** Facts that do not differ from program to program. */
export type Planted = Omit<BaitFacts, 'marker' | 'policy'>;

/** All that is planted for one program after another. */
export interface Bait {
  facts: Planted;
  /** All of it; programs know only what it begins with. */
  secret: string;
  /** Shown as `shared/`. */
  shared: string;
  /** What happened since the last time that this was asked. */
  look(): Promise<BaitState>;
  /** Ends our processes and removes the folder. */
  close(): Promise<void>;
}

const MARK = 'CANARY-';
const VARIABLE = 'AWP_HOSTILE_API_KEY';
/** A folder with more in it than this was changed, whatever else is in it. */
const MAX_ENTRIES = 500;

/**
 * Plants it all in a new temporary folder. The listening process and the victim belong to the user
 * that programs run as, so that nothing but the box keeps these apart. Throws `sandbox/broken` if
 * that process cannot be started.
 */
export async function layBait(machine: Machine): Promise<Bait> {
  const { effects } = machine;
  const secret = `${MARK}${Buffer.from(effects.random.bytes(16)).toString('hex')}`;
  const folder = await effects.files.temporaryFolder('awp-hostile-');
  try {
    await plant(effects, folder, secret);
    const child = await startChild(machine, folder, secret);
    const before = await contents(effects, folder);
    const { facts } = child;
    return {
      facts: { ...placesIn(folder), mark: MARK, variable: VARIABLE, ...facts },
      ...{ secret, shared: `${folder}/shared` },
      look: async () => {
        const [state, now] = await Promise.all([child.ask(), contents(effects, folder)]);
        return { ...state, changed: differences(before, now) };
      },
      close: async () => {
        await child.end();
        await effects.files.remove(folder);
      },
    };
  } catch (error) {
    await effects.files.remove(folder);
    throw error;
  }
}

type Places = Pick<Planted, 'folder' | 'file' | 'writable' | 'home' | 'packages' | 'inputs'>;

function placesIn(folder: string): Places {
  return {
    folder,
    file: `${folder}/secret.json`,
    writable: `${folder}/writable.txt`,
    home: `${folder}/home`,
    packages: `${folder}/packages`,
    inputs: `${folder}/inputs`,
  };
}

async function plant({ files }: Effects, folder: string, secret: string): Promise<void> {
  const texts: Readonly<Record<string, string>> = {
    'secret.json': JSON.stringify({ secret }),
    'writable.txt': 'as it was',
    'home/.ssh/id_ed25519': secret,
    'home/.aws/credentials': `[default]\naws_secret_access_key = ${secret}\n`,
    'home/project/secrets.yaml': `KEY: ${secret}\n`,
    'home/project/.env': `KEY=${secret}\n`,
    'packages/present.py': '',
    'inputs/table.csv': 'a,b\n1,2\n',
    'inputs-private/key.txt': secret,
    'shared/note.txt': 'shared',
  };
  for (const [path, text] of Object.entries(texts)) {
    const file = `${folder}/${path}`;
    const parent = file.slice(0, file.lastIndexOf('/'));
    await files.makeFolder(parent);
    await files.write(file, text);
    await files.setMode(file, path === 'writable.txt' ? 0o666 : 0o644);
  }
  for (const path of ['home', 'home/.ssh', 'home/.aws', 'home/project', 'inputs-private']) {
    await files.setMode(`${folder}/${path}`, 0o755);
  }
  for (const path of ['.', 'packages', 'inputs', 'shared']) {
    await files.setMode(`${folder}/${path}`, 0o777);
  }
}

interface Child {
  facts: Pick<Planted, 'host' | 'victim' | 'tcp' | 'udp' | 'socket' | 'abstract'>;
  ask(): Promise<Omit<BaitState, 'changed'>>;
  end(): Promise<void>;
}

async function startChild(machine: Machine, folder: string, secret: string): Promise<Child> {
  const { effects } = machine;
  const path = fileURLToPath(new URL('bait-child.mjs', import.meta.url));
  const [text, node] = await Promise.all([effects.files.readText(path), findNode(machine)]);
  const child = effects.processes.spawn({
    command: node.source,
    args: ['--input-type=module', '-e', text, folder, VARIABLE],
    env: { [VARIABLE]: secret },
    cwd: '/',
    ...idsOf(machine),
  });
  const lines = new Lines(child);
  const facts = await lines.next();
  if (!isObject(facts)) {
    child.kill('SIGKILL');
    throw new AwpError('sandbox/broken', `the bait could not be laid: ${lines.complaint()}`, {
      hint: 'check that the temporary folder can be written and that loopback works',
    });
  }
  return {
    facts: facts as unknown as Child['facts'],
    ask: async () => {
      void child.stdin.write(Buffer.from('?\n'));
      const state = await lines.next();
      if (!isObject(state)) return { heard: [], victim: 'gone' };
      return state as unknown as Omit<BaitState, 'changed'>;
    },
    end: async () => {
      child.stdin.end();
      await child.exit;
    },
  };
}

/** The JSON lines that a process prints, one for each time that it is asked. */
class Lines {
  #rest = '';
  #errors = '';
  #ended = false;
  readonly #read: string[] = [];
  #wake = (): void => {};

  constructor(child: RunningProcess) {
    const decoder = new TextDecoder();
    child.stdout.onData((bytes) => {
      const parts = (this.#rest + decoder.decode(bytes, { stream: true })).split('\n');
      this.#rest = parts.pop() ?? '';
      this.#read.push(...parts);
      this.#wake();
    });
    child.stderr.onData((bytes) => {
      this.#errors = (this.#errors + Buffer.from(bytes).toString()).slice(-500);
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    child.exit.then(end, (error) => {
      this.#errors += String(error);
      end();
    });
  }

  complaint(): string {
    return this.#errors.trim() || 'it ended without a word';
  }

  /** Undefined when the process has ended. */
  async next(): Promise<unknown> {
    while (this.#read.length === 0 && !this.#ended) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    const line = this.#read.shift();
    return line === undefined ? undefined : parseJson(line);
  }
}

/** Texts of all files below a folder by path; what is no file stands there by its kind. */
async function contents({ files }: Effects, top: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const queue = [''];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    for (const name of await files.list(top + folder).catch(() => [])) {
      const path = `${folder}/${name}`;
      const kind = (await files.info(top + path))?.kind ?? 'gone';
      if (kind === 'folder') queue.push(path);
      found.set(path, kind === 'file' ? await start(files, top + path) : kind);
      if (found.size > MAX_ENTRIES) return found;
    }
  }
  return found;
}

async function start(files: Effects['files'], path: string): Promise<string> {
  const bytes = await files.readBytes(path, 1000).catch(() => undefined);
  return bytes === undefined ? 'unreadable' : Buffer.from(bytes).toString();
}

function differences(before: Map<string, string>, now: Map<string, string>): string[] {
  const paths = new Set([...before.keys(), ...now.keys()]);
  return [...paths].filter((path) => before.get(path) !== now.get(path)).sort();
}
