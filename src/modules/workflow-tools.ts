import { AwpError } from '../base/errors.ts';
import type { SandboxPolicy } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { OpenSandbox, Sandbox } from '../ports/sandbox.ts';
import type { OpenedTools, Tool, ToolOpener } from '../ports/tool.ts';
import { type DeclaredTool, declaredTools, type FoundTool } from './declared.ts';
import { ModuleHost } from './module-host.ts';
import {
  fitsIntoBox,
  type PythonDeclaration,
  type PythonParts,
  pythonTool,
} from './python-tool.ts';
import { readSources, type SourceFileBytes, type Sources } from './source-files.ts';

/** What somebody has to trust before it runs (threat T04). */
export interface TrustQuestion {
  /** Absolute path of the folder. */
  folder: string;
  /** All files that may run, with their paths from that folder, and their bytes. */
  files: readonly { path: string; bytes: number }[];
  /** What the workflow wants to send out, in sentences: `API_KEY may go to api.example.com`. */
  grants?: readonly string[];
  /** SHA-256 over names and contents. */
  hash: string;
}

/** What is needed to open the tools of a workflow's own files. */
export interface WorkflowToolsOptions {
  /** Absolute path of the workflow's folder. */
  folder: string;
  /** `custom_tools` of its manifest. */
  declared: {
    sourceDir: string;
    /** Whether files and tools count that no declaration names. */
    discover: boolean;
    /** Whether agents have them without naming them. */
    inject: boolean;
    tools: readonly DeclaredTool[];
  };
  effects: Effects;
  openSandbox: OpenSandbox;
  policy: SandboxPolicy;
  /** Looks at a Python text without running it. */
  readPython(text: string): {
    tools: readonly PythonDeclaration[];
    decorators: readonly string[];
  };
  /** Address of what modules find as `awp-agents`; it also has `isTool` and `toTools`. */
  entry: string;
  /** Throws `trust/needed` unless these files may run. */
  trust(question: TrustQuestion): Promise<void>;
}

const MODULE = /\.(?:m?ts|m?js)$/;
const NO_MODULE = /\.d\.m?ts$|\.(?:test|spec)\.m?[jt]s$/;

/**
 * Brings the tools of a workflow's own files to a run (spec, capabilities 1.6): modules in a process
 * of their own, Python in boxes. Opening throws `trust/needed`, `tool/mismatch`, `tool/unavailable`.
 */
export function workflowTools(options: WorkflowToolsOptions): ToolOpener {
  return { name: 'tools of the workflow', open: (signal) => open(options, signal) };
}

async function open(options: WorkflowToolsOptions, signal: AbortSignal): Promise<OpenedTools> {
  const { declared, effects, folder: workflow } = options;
  const { sourceDir, discover, inject, tools } = declared;
  const sources = await readSources(effects.files, { workflow, sourceDir });
  const files = sources ? candidates(sources, declared) : [];
  if (!sources || files.length === 0) {
    return { tools: declaredTools([], tools, { discover, sourceDir }), close: async () => {} };
  }
  const { folder, hash } = sources;
  const sizes = sources.files.map(({ path, bytes }) => ({ path, bytes: bytes.length }));
  await options.trust({ folder, hash, files: sizes });
  const python = new PythonBox(options);
  const modules = files.filter(({ path }) => MODULE.test(path));
  const host = modules.length > 0 ? hostOf(options, sources, modules) : undefined;
  const close = async (): Promise<void> => {
    await Promise.all([host?.close(), python.close()]);
  };
  try {
    const found = [
      ...pythonFound(options, { sources, files, python }),
      ...((await host?.open(signal)) ?? []).map(({ tool, module }) => ({ tool, path: module })),
    ];
    const given = declaredTools(found, tools, { discover, sourceDir });
    return { tools: given.map((tool) => granted(tool, inject)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function granted(tool: Tool, inject: boolean): Tool {
  return inject ? tool : { ...tool, grant: 'explicit' };
}

/** The files at the top of the folder that may have tools; without discovery those that are named. */
function candidates(
  { files }: Sources,
  { discover, tools, sourceDir }: WorkflowToolsOptions['declared'],
): SourceFileBytes[] {
  const top = sourceDir.replace(/\/+$/, '');
  const named = new Set(
    tools
      .flatMap(({ file = '' }) => [file, file.replaceAll('.', '/')])
      .map((file) =>
        (file.startsWith(`${top}/`) ? file.slice(top.length + 1) : file).replace(/\.\w+$/, ''),
      ),
  );
  const anywhere = tools.some(({ file }) => file === undefined);
  return files.filter(({ path }) => {
    if (!(MODULE.test(path) || path.endsWith('.py')) || NO_MODULE.test(path)) return false;
    if (named.has(path.replace(/\.\w+$/, ''))) return true;
    return (discover || anywhere) && !path.includes('/') && !path.startsWith('_');
  });
}

function hostOf(
  { effects, folder, entry }: WorkflowToolsOptions,
  sources: Sources,
  modules: readonly SourceFileBytes[],
): ModuleHost {
  return new ModuleHost(effects, {
    workflow: folder,
    folder: sources.folder,
    files: Object.fromEntries(sources.files.map(({ path, sha256 }) => [path, sha256])),
    modules: modules.map(({ path }) => path),
    entry,
  });
}

interface PythonFiles {
  sources: Sources;
  files: readonly SourceFileBytes[];
  python: PythonBox;
}

function pythonFound(
  { effects, readPython, policy }: WorkflowToolsOptions,
  { sources, files, python }: PythonFiles,
): FoundTool[] {
  const read = files
    .filter(({ path }) => path.endsWith('.py'))
    .map(({ path, bytes }) => ({ path, ...readPython(Buffer.from(bytes).toString()) }));
  const parts: PythonParts = {
    effects,
    sandbox: () => python.open(),
    folder: sources.folder.slice(sources.folder.lastIndexOf('/') + 1),
    files: sources.files,
    hosts: policy.hosts,
    decorators: [...new Set(read.flatMap(({ decorators }) => decorators))],
  };
  const found = read.flatMap(({ path, tools }) =>
    tools.map((one) => ({ path, tool: pythonTool(parts, one, path) })),
  );
  if (found.length === 0 || fitsIntoBox(sources.files)) return found;
  throw new AwpError('tool/unavailable', 'the files of the Python tools are larger than 16 MiB', {
    hint: 'give large data as inputs of the run',
  });
}

/** The box of the Python tools, opened by the first call and closed with the run. */
class PythonBox {
  readonly #options: Pick<WorkflowToolsOptions, 'openSandbox' | 'policy'>;
  #box: Promise<Sandbox> | undefined;

  constructor(options: Pick<WorkflowToolsOptions, 'openSandbox' | 'policy'>) {
    this.#options = options;
  }

  open(): Promise<Sandbox> {
    this.#box ??= this.#options.openSandbox(this.#options.policy);
    return this.#box;
  }

  async close(): Promise<void> {
    const box = await this.#box?.catch(() => undefined);
    await box?.close().catch(() => {}); // nothing depends on it any more
  }
}
