// Which files code of a workflow may load: those of its own folder that were looked at, packages from
// above the workflow, and ours.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Our own package is found wherever a module is, and of `folder` only what was looked at is loaded. */
export function hook({ folder, files, entry, whose }) {
  const root = `${pathToFileURL(folder).href}/`;
  const workflow = `${pathToFileURL(process.cwd()).href}/`;
  const listed = (url) =>
    files[decodeURIComponent(new URL(url).pathname.slice(new URL(root).pathname.length))];
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'awp-agents') return { url: entry, shortCircuit: true };
      const found = resolved(specifier, context, next);
      const { url } = found;
      // What has no file of its own, such as a `data:` address, was made by the code of the folder.
      const { parentURL = root } = context;
      const fromOutside = parentURL.startsWith('file:') && !parentURL.startsWith(root);
      if (fromOutside || !url.startsWith('file:') || url.startsWith(root)) return found;
      // What comes with the workflow is somebody else's, and nobody has looked at it.
      if (url.startsWith(workflow)) {
        throw new Error(
          `${specifier} is outside of the folder of ${whose}: move the file into it; packages belong above the workflow`,
        );
      }
      if (url.includes('/node_modules/') || isOurs(specifier)) return found;
      throw new Error(`${specifier} is outside of the folder of ${whose}: move the file into it`);
    },
    load(url, context, next) {
      if (!url.startsWith(root)) return next(url, context);
      const source = readFileSync(fileURLToPath(url));
      if (createHash('sha256').update(source).digest('hex') !== listed(url)) {
        throw new Error(`${url.slice(root.length)} is not what it was when the run began`);
      }
      if (/\.m?ts(?:[?#]|$)/.test(url))
        return { format: 'module-typescript', source, shortCircuit: true };
      return { ...next(url, context), source };
    },
  });
}

const isOurs = (specifier) => /^zod(\/|$)/.test(specifier);

/** A package of the module's own, else ours. */
function resolved(specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !isOurs(specifier)) throw error;
    return next(specifier, { ...context, parentURL: import.meta.url });
  }
}
