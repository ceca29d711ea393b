import { basename, dirname, join, resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { nodeFiles } from '../effects/files.ts';
import { workflowNameFrom } from '../models/common.ts';
import type { Files } from '../ports/effects.ts';
import { projectFiles } from './project-files.ts';
import type { Template } from './templates/template.ts';
import { type ValidationReport, validate } from './validate.ts';

/** How a workflow folder is begun. */
export interface InitOptions {
  template: Template;
  /** Writes over files that differ. */
  force?: boolean;
  /** Also `.gitignore`. */
  git?: boolean;
  files?: Files;
}

/** What was written, and what the validator says of it. */
export interface InitReport {
  name: string;
  folder: string;
  /** Paths from the folder; those that were there already and are the same are left out. */
  written: readonly string[];
  report: ValidationReport;
}

/**
 * Writes a workflow folder from a template, with schemas and settings for editors. A `.gitignore`
 * that is there keeps its lines and gets those that it lacks. Throws `usage/exists` when files are
 * there that differ and `usage/in-the-way` when a file is where a folder must be, or the other way
 * round, before anything is written; `usage/not-writable` when it cannot be written.
 */
export async function init(folder: string, options: InitOptions): Promise<InitReport> {
  const { template, force = false, git = true, files = nodeFiles() } = options;
  const root = resolve(folder);
  const name = workflowNameFrom(basename(root)) ?? 'my-workflow';
  const texts = new Map(Object.entries(projectFiles(template.files(name), git)));
  const written = await fill({ root, texts, files, force }).catch((error: unknown) => {
    if (error instanceof AwpError) throw error;
    throw new AwpError('usage/not-writable', `${root} cannot be written to`, {
      cause: error,
      hint: 'choose a folder that you may write to',
    });
  });
  return { name, folder: root, written, report: await validate(root, { files }) };
}

interface Task {
  root: string;
  /** Texts by path from the root. */
  texts: ReadonlyMap<string, string>;
  files: Files;
  force: boolean;
}

/** Writes what is not there yet, and says which files that were. */
async function fill({ root, texts, files, force }: Task): Promise<string[]> {
  const changed = new Map<string, string>();
  const differing: string[] = [];
  for (const [path, wanted] of texts) {
    const old = await textAt(join(root, path), files);
    const completed = path === '.gitignore' && old !== undefined;
    const text = completed ? withLines(old, wanted) : wanted;
    if (old === text) continue;
    changed.set(path, text);
    if (!completed && (await files.info(join(root, path)))) differing.push(path);
  }
  for (const path of changed.keys()) await refuseObstacle(join(root, path), files);
  if (differing.length > 0 && !force) {
    const list = differing.slice(0, 8).join(', ') + (differing.length > 8 ? ', …' : '');
    throw new AwpError('usage/exists', `these files are there and differ: ${list}`, {
      hint: 'choose another folder, or --force to write over them',
    });
  }
  for (const [path, text] of changed) {
    await files.makeFolder(dirname(join(root, path)));
    await files.write(join(root, path), text);
  }
  return [...changed.keys()];
}

async function textAt(path: string, files: Files): Promise<string | undefined> {
  const info = await files.info(path);
  return info?.kind === 'file' ? files.readText(path) : undefined;
}

/** Refuses a file that is in the place of a folder, and a folder or device in that of a file. */
async function refuseObstacle(path: string, files: Files): Promise<void> {
  const at = await files.info(path);
  if (at?.kind === 'folder' || at?.kind === 'other') throw inTheWay(path, 'is no file');
  let folder = dirname(path);
  let found = await files.info(folder);
  while (!found && folder !== dirname(folder)) {
    folder = dirname(folder);
    found = await files.info(folder);
  }
  if (found?.kind === 'file' || found?.kind === 'other') throw inTheWay(folder, 'is no folder');
}

function inTheWay(path: string, what: string): AwpError {
  return new AwpError('usage/in-the-way', `${path} ${what}, and must be one`, {
    hint: 'move it away, or choose another folder',
  });
}

/** A text with the lines of another at its end that it does not have yet. */
function withLines(text: string, more: string): string {
  const there = new Set(text.split('\n').map((line) => line.trim()));
  const missing = more.split('\n').filter((line) => !there.has(line) && line !== '');
  if (missing.length === 0) return text;
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${start}${missing.join('\n')}\n`;
}
