/** What a skill may hold. The same limits bind folders, files and archives. */
export const SKILL_LIMITS = {
  /** Skills of one run. */
  skills: 50,
  /** Bytes of `SKILL.md`. */
  mainBytes: 256 * 1024,
  /** Files of one skill, `SKILL.md` included. */
  files: 100,
  /** Bytes of all files of one skill. */
  bytes: 10 * 1024 * 1024,
  /** Folders within folders. */
  levels: 8,
  /** Files and folders that are looked at, of one skill or one folder of skills. */
  entries: 1000,
  /** Characters of a name. */
  nameChars: 64,
  /** Characters of a description. */
  descriptionChars: 1024,
  /** Characters of the text of one skill in a prompt. */
  textChars: 32_000,
  /** Bytes of a reference or example that is shown with the text. */
  shownBytes: 4096,
} as const;

/** Name of the file that makes a folder a skill. */
export const SKILL_FILE = 'SKILL.md';
