/** Version of the package, as its package.json says it. */
export async function packageVersion(): Promise<string> {
  // From dist/cli as from src/cli it is two folders up; the compiler need not see it.
  const address = new URL('../../package.json', import.meta.url).href;
  const { default: description } = await import(address, { with: { type: 'json' } });
  return String(description.version);
}
