/** What may be in the package; everything else would be shipped by mistake. */
const BELONGS =
  /^(?:dist\/.*|schemas\/[a-z]+\.schema\.json|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
/** What must not be in it although it is below `dist/`. */
const NEVER = /(?<!\.d)\.ts$|\.tsbuildinfo$|\.map$|(?:^|\/)\.|\.db$/;

/** The paths of a package that do not belong into it. */
export function surplusFiles(paths: readonly string[]): string[] {
  return paths.filter((path) => !BELONGS.test(path) || NEVER.test(path));
}
