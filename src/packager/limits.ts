/** What a package may hold (surfaces 3.3). The same limits bind who packs and who reads. */
export interface PackageLimits {
  /** Entries of the archive, folders and the manifest included. */
  entries: number;
  /** Bytes of one file. */
  fileBytes: number;
  /** Bytes of all files. */
  totalBytes: number;
  /** How many times larger a file may be than it is in the archive, from `ratioFrom` bytes on. */
  ratio: number;
  ratioFrom: number;
  /** Bytes of the archive. */
  archiveBytes: number;
}

/** 5,000 entries, 50 MiB a file, 200 MB in all, ratio 100 (for files of more than 64 KiB). */
export const PACKAGE_LIMITS: PackageLimits = {
  entries: 5000,
  fileBytes: 50 * 1024 * 1024,
  totalBytes: 200_000_000,
  ratio: 100,
  ratioFrom: 64 * 1024,
  archiveBytes: 210_000_000,
};
