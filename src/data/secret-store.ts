import { join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { isObject } from '../base/json.ts';
import { isSecretName } from '../base/secret.ts';
import { type PrivateFile, privateFile } from '../effects/private-file.ts';
import { secretValues } from '../effects/secrets.ts';
import type { Effects } from '../ports/effects.ts';
import { userFolder } from './user-folder.ts';

/** A secret of the user's store, without its value. */
export interface StoredSecret {
  name: string;
  /** When it was set, in ISO 8601. */
  setAt: string;
}

/** The user's own secrets, the last place that is looked at (decision 32). */
export interface SecretStore {
  /** Absolute path of the file. */
  path: string;
  /** Names in alphabetical order. */
  list(): StoredSecret[];
  /** The value, or undefined when there is none. */
  get(name: string): string | undefined;
  /** Throws `usage/bad-value` for what cannot be a name. */
  checkName(name: string): void;
  /** Keeps a value in the place of an older one. Throws `usage/bad-value` for a name or value that none can be. */
  set(name: string, value: string): void;
  /** Whether there was one. */
  remove(name: string): boolean;
}

type StoreEffects = Pick<Effects, 'secrets' | 'processes' | 'clock'>;

interface Entry {
  value: string;
  set_at: string;
}

const VERSION = 1;
/** Longer values are files and no secrets. */
const MAX_CHARS = 64 * 1024;

/**
 * Opens `secrets.json` of the user's folder; nothing is read or made before it is used. All methods
 * throw `secret/not-private`, `secret/unreadable`, `secret/damaged`, those that write
 * `secret/unwritable`. Throws `usage/no-user-folder`.
 */
export function openSecretStore(effects: StoreEffects): SecretStore {
  const file = privateFile(join(userFolder(effects), 'secrets.json'));
  const read = (): Map<string, Entry> => entriesOf(file, file.read());
  return {
    path: file.path,
    list: () => [...read()].map(([name, { set_at }]) => ({ name, setAt: set_at })).sort(byName),
    checkName,
    get: (name) => read().get(name)?.value,
    set: (name, value) => {
      checkValue(name, value);
      const set_at = new Date(effects.clock.now()).toISOString();
      change(file, (entries) => entries.set(name, { value, set_at }));
    },
    remove: (name) => {
      // Where nothing is, nothing is made.
      if (!read().has(name)) return false;
      let removed = false;
      change(file, (entries) => {
        removed = entries.delete(name);
      });
      return removed;
    },
  };
}

/**
 * The value of a secret of the user's store; undefined when there is none, or no home to have a store
 * in. Throws as the store.
 */
export function storedSecret(name: string, effects: StoreEffects): string | undefined {
  try {
    return openSecretStore(effects).get(name);
  } catch (error) {
    if (error instanceof AwpError && error.code === 'usage/no-user-folder') return undefined;
    throw error;
  }
}

/**
 * Values that this machine knows and that nobody may write down: those of the environment's secret
 * variables and of the user's store, if it can be read. Never throws: it is asked while errors are
 * told.
 */
export function machineSecrets(effects: StoreEffects): string[] {
  return [...secretValues(), ...storedValues(effects)];
}

function storedValues(effects: StoreEffects): string[] {
  try {
    const store = openSecretStore(effects);
    return store.list().flatMap(({ name }) => store.get(name) ?? []);
  } catch {
    return [];
  }
}

function change(file: PrivateFile, edit: (entries: Map<string, Entry>) => void): void {
  file.update((text) => {
    const entries = entriesOf(file, text);
    edit(entries);
    const secrets = Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
    return `${JSON.stringify({ version: VERSION, secrets }, undefined, 2)}\n`;
  });
}

function entriesOf({ path }: PrivateFile, text: string | undefined): Map<string, Entry> {
  if (text === undefined) return new Map();
  const parsed = parsedOrNothing(text);
  if (!isObject(parsed) || parsed.version !== VERSION || !isObject(parsed.secrets)) {
    throw damaged(path);
  }
  const entries = Object.entries(parsed.secrets).map(([name, entry]): [string, Entry] => {
    if (!isEntry(entry) || !isSecretName(name)) throw damaged(path);
    return [name, entry];
  });
  return new Map(entries);
}

/** The parser's own message would repeat a part of the text. */
function parsedOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry & { [key: string]: string } {
  return isObject(value) && typeof value.value === 'string' && typeof value.set_at === 'string';
}

function damaged(path: string): AwpError {
  return new AwpError('secret/damaged', `${path} is no store of secrets that can be read`, {
    hint: 'move it away and set the secrets again with awp secrets set NAME',
  });
}

function checkName(name: string): void {
  if (isSecretName(name)) return;
  throw new AwpError('usage/bad-value', 'a secret is named like a variable', {
    hint: 'letters, digits and _, no digit first, such as OPENROUTER_API_KEY',
  });
}

function checkValue(name: string, value: string): void {
  checkName(name);
  if (value === '') {
    throw new AwpError('usage/bad-value', `there is no value for ${name}`, {
      hint: `type it, or send it: printf %s "$VALUE" | awp secrets set ${name}`,
    });
  }
  if (value.length > MAX_CHARS || value.includes('\0')) {
    throw new AwpError('usage/bad-value', `the value for ${name} is no text of at most 64 KiB`, {
      hint: 'a secret is a key, a password or a certificate',
    });
  }
}

function byName(a: StoredSecret, b: StoredSecret): number {
  return a.name < b.name ? -1 : 1;
}
