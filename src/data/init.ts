import { basename, join, resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { nodeFiles } from '../effects/files.ts';
import { WORKFLOW_NAME } from '../models/common.ts';
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
 * Writes a workflow folder from a template, with schemas and settings for editors. Throws
 * `usage/exists` when files are there that differ, before anything is written.
 */
export async function init(folder: string, options: InitOptions): Promise<InitReport> {
  const { template, force = false, git = true, files = nodeFiles() } = options;
  const root = resolve(folder);
  const name = legalName(basename(root));
  const texts = { ...projectFiles(template.files(name), git) };
  const changed: string[] = [];
  for (const [path, text] of Object.entries(texts)) {
    if ((await textAt(join(root, path), files)) !== text) changed.push(path);
  }
  const there: string[] = [];
  for (const path of changed) if (await files.info(join(root, path))) there.push(path);
  if (there.length > 0 && !force) {
    const list = there.slice(0, 8).join(', ') + (there.length > 8 ? ', …' : '');
    throw new AwpError('usage/exists', `these files are there and differ: ${list}`, {
      hint: 'choose another folder, or --force to write over them',
    });
  }
  for (const path of changed) await write(join(root, path), texts[path] ?? '', files);
  return { name, folder: root, written: changed, report: await validate(root, { files }) };
}

async function textAt(path: string, files: Files): Promise<string | undefined> {
  const info = await files.info(path);
  return info?.kind === 'file' ? files.readText(path) : undefined;
}

async function write(path: string, text: string, files: Files): Promise<void> {
  try {
    await files.makeFolder(resolve(path, '..'));
    await files.write(path, text);
  } catch (error) {
    throw new AwpError('usage/not-writable', `${path} cannot be written`, {
      cause: error,
      hint: 'choose a folder that you may write to',
    });
  }
}

/** The name of a folder as the name of a workflow (R2). */
function legalName(folder: string): string {
  const legal = folder
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64)
    .replace(/[_-]+$/, '');
  return WORKFLOW_NAME.test(legal) ? legal : 'my-workflow';
}
