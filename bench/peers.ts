import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Folder in which packages of others were installed: `AWP_BENCH_PEERS`; undefined when none is said. */
function peersFolder(): string | undefined {
  const { AWP_BENCH_PEERS: folder } = process.env;
  return folder === undefined || folder === '' ? undefined : resolve(folder);
}

/** Whether a package of others is there. */
export function isInstalled(name: string): boolean {
  const folder = peersFolder();
  return folder !== undefined && existsSync(join(folder, 'node_modules', name, 'package.json'));
}

/** Imports a module of a package of others from where it was installed. */
export async function peer<T>(name: string): Promise<T> {
  const folder = peersFolder();
  if (folder === undefined) throw new Error(`${name}: AWP_BENCH_PEERS names no folder`);
  const parentURL = pathToFileURL(join(folder, 'package.json')).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, specifier === name ? { ...context, parentURL } : context),
  });
  try {
    return await import(name);
  } finally {
    hooks.deregister();
  }
}
