import type { FileInfo } from './effects.ts';

/**
 * The files of one workflow folder, wherever they are: on a disk, in an archive, in memory. Paths
 * are relative to its root, with `/`. Nothing outside of the root can be reached.
 */
export interface WorkflowFiles {
  /** Name of the folder, if it has one. */
  name: string | undefined;
  /**
   * What is at a path, undefined when there is nothing. A link to something inside of the root
   * counts as what it leads to; one that leads out is of kind `link` and cannot be read.
   */
  info(path: string): Promise<FileInfo | undefined>;
  /** Names in a folder, sorted; an empty list when there is no folder. */
  list(path: string): Promise<string[]>;
  /** At most `maxBytes` from the start of a file. Throws when it is none or cannot be read. */
  readBytes(path: string, maxBytes: number): Promise<Uint8Array>;
}
