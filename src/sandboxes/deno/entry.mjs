// Runs one program inside of Deno, which gives it no permission but to read its folders and to write
// its own. This module is ours and is imported from a file; the program never is: Deno lets a module
// from a file import any other file, so the program comes as a blob and is held to the permissions.

import { namesFor, shownNames } from '../sdk.mjs';
import { takeJob, tellReady } from './job.mjs';
import { makeNames } from './names.mjs';
import { runPython } from './python.mjs';
import { endWith, installReports } from './report.mjs';
import { makeFetch, makeTools, ToolError } from './tools.mjs';

const TYPES = { javascript: 'text/javascript', typescript: 'application/typescript' };
const words = JSON.parse(Deno.args[0]);
const cwd = Deno.cwd();

/** Puts what this worker wrote earlier into its folder. */
function putFiles(files) {
  for (const [name, payload] of files) {
    const target = `output/${name}`;
    Deno.mkdirSync(target.slice(0, target.lastIndexOf('/')), { recursive: true });
    Deno.writeFileSync(target, payload);
  }
}

async function runModule() {
  tellReady();
  const job = await takeJob();
  putFiles(job.files);
  const extension = words.language === 'typescript' ? 'mts' : 'mjs';
  const url = URL.createObjectURL(new Blob([job.source], { type: TYPES[words.language] }));
  installReports({ url, name: `program.${extension}`, source: job.source });
  process.argv = [Deno.execPath(), `${cwd}/program.${extension}`, ...job.args];
  Object.defineProperty(Deno, 'args', { value: job.args });
  Object.assign(globalThis, makeNames(cwd), { _secrets: job.secrets });
  const { tools: all, orders } = job;
  if (all.length > 0) {
    const tools = makeTools(words.calls, shownNames(all));
    Object.assign(globalThis, namesFor(tools, { all, orders, ToolError }));
  }
  globalThis.fetch = makeFetch(words.calls, words.hosts);
  try {
    await import(url);
  } catch (error) {
    endWith(error);
  }
}

// Nothing is waited for here: Deno would name this file for a program that waits for ever.
void (words.language === 'python' ? runPython(words, putFiles) : runModule());
