#!/usr/bin/env node
// Nothing is imported before the version of Node is known: older ones could not even read it.
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `awp needs Node.js ${OLDEST_NODE} or newer; this is ${process.versions.node} (install it from nodejs.org)\n`,
  );
  process.exitCode = 2;
} else {
  await main(process.argv.slice(2));
}

async function main(argv: string[]): Promise<void> {
  const { packageVersion } = await import('./version.ts');
  if (argv[0] === '--version') {
    process.stdout.write(`${await packageVersion()}\n`);
    return;
  }
  hideWarnings(argv.includes('--debug'));
  const [{ nodeShell }, { runCli }] = await Promise.all([
    import('./node-shell.ts'),
    import('./cli.ts'),
  ]);
  const shell = nodeShell(await packageVersion(), (code) => process.exit(code));
  process.exitCode = await runCli(argv, shell);
  await shell.out.flush();
  await shell.err.flush();
}

/** Node's own warnings, such as those about its newer modules, are for developers. */
function hideWarnings(debug: boolean): void {
  if (debug) return;
  process.removeAllListeners('warning');
}
