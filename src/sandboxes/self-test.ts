import type { Language, SandboxPolicy } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { Provider } from './provider.ts';

/** What a box is tried with before it is used (sandbox-and-scale A4, layer 2). */

interface Bait {
  /** A file of the host that everybody may read. */
  file: string;
  /** A process of the host. */
  pid: number;
}

const JAVASCRIPT = ({ file, pid }: Bait): string => `
import fs from 'node:fs';
import net from 'node:net';
import { spawnSync } from 'node:child_process';
const leaks = [];
const attempt = (name, action) => { try { if (action()) leaks.push(name); } catch {} };
attempt('read a file of the host', () => fs.readFileSync(${JSON.stringify(file)}));
attempt('', () => fs.appendFileSync(${JSON.stringify(file)}, 'changed'));
attempt('saw the host process', () => fs.readFileSync('/proc/${pid}/cmdline', 'utf8').includes('node'));
attempt('wrote beside its folder', () => { fs.writeFileSync('program.txt', ''); return true; });
attempt('wrote into the system', () => { fs.writeFileSync('/usr/awp-self-test', ''); return true; });
attempt('has an environment', () => Object.keys(process.env).some((name) => /KEY|TOKEN|SECRET/.test(name)));
attempt('made a namespace', () => spawnSync('/usr/bin/unshare', ['-U', 'true']).status === 0);
const code = await new Promise((resolve) => {
  const socket = net.connect(9, '127.0.0.1', () => resolve('connected'));
  socket.on('error', (error) => resolve(error.code));
});
if (code === 'connected' || code === 'ECONNREFUSED') leaks.push('reached the network');
fs.writeFileSync(_output_file('kept.txt'), 'kept');
console.log(leaks.length === 0 ? 'contained' : leaks.join(', '));
`;

const PYTHON = ({ file, pid }: Bait): string => `
import os, socket
leaks = []
def attempt(name, action):
    try:
        if action(): leaks.append(name)
    except OSError:
        pass
attempt('read a file of the host', lambda: open(${JSON.stringify(file)}).read())
attempt('', lambda: open(${JSON.stringify(file)}, 'a').write('changed') and None)
attempt('saw the host process', lambda: 'node' in open('/proc/${pid}/cmdline').read())
attempt('wrote beside its folder', lambda: open('program.txt', 'w'))
attempt('wrote into the system', lambda: open('/usr/awp-self-test', 'w'))
attempt('has an environment', lambda: [n for n in os.environ if 'KEY' in n or 'TOKEN' in n or 'SECRET' in n])
attempt('reached the network', lambda: socket.socket() and True)
attempt('made a namespace', lambda: os.system('/usr/bin/unshare -U true 2>/dev/null') == 0)
open(_output_file('kept.txt'), 'w').write('kept')
print('contained' if not leaks else ', '.join(leaks))
`;

const SHELL = ({ file, pid }: Bait): string => `
leaks=
leak() { leaks="$leaks $1;"; }
cat '${file}' >/dev/null 2>&1 && leak 'read a file of the host'
{ echo changed >>'${file}'; } 2>/dev/null
grep -q node /proc/${pid}/cmdline 2>/dev/null && leak 'saw the host process'
{ echo >program.txt; } 2>/dev/null && leak 'wrote beside its folder'
{ echo >/usr/awp-self-test; } 2>/dev/null && leak 'wrote into the system'
env | grep -E '^[A-Za-z_]*(KEY|TOKEN|SECRET)' && leak 'has an environment'
/usr/bin/unshare -U true 2>/dev/null && leak 'made a namespace'
said=$( (exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 ) && leak 'reached the network'
case $said in *refused*) leak 'reached the network' ;; esac
echo kept >output/kept.txt
if [ -z "$leaks" ]; then echo contained; else echo "$leaks"; fi
`;

const POLICY: SandboxPolicy = {
  minimum: 'boundary',
  ...{ timeoutMs: 20_000, memoryMb: 256, cpuSeconds: 20, processes: 32 },
  ...{ outputChars: 4000, filesBytes: 65_536, fileBytes: 65_536, files: 4, openFiles: 256 },
  ...{ toolCalls: 0, hosts: [], packages: { python: [], javascript: [] }, session: 'fresh' },
  languages: [],
};

/** What came of it: the languages that work, and the first promise that was broken, if any. */
export interface SelfTest {
  languages: ReadonlySet<Language>;
  /** In words; a provider with one may not be used. */
  leak: string | undefined;
}

/** Runs a hostile program in each kind of language of a provider. Never rejects for a broken box. */
export async function selfTest(effects: Effects, provider: Provider): Promise<SelfTest> {
  const { files, processes } = effects;
  const folder = await files.temporaryFolder('awp-self-test-');
  const file = `${folder}/bait.txt`;
  try {
    await files.setMode(folder, 0o755);
    await files.write(file, 'bait');
    await files.setMode(file, 0o666);
    const bait = { file, pid: processes.pid() };
    const has = (language: Language): boolean =>
      provider.languages.some((entry) => entry.language === language);
    const [python, javascript, shell] = await Promise.all([
      has('python') ? attempt(provider, 'python', PYTHON(bait)) : undefined,
      has('javascript') ? attempt(provider, 'javascript', JAVASCRIPT(bait)) : undefined,
      has('shell') ? attempt(provider, 'shell', SHELL(bait)) : undefined,
    ]);
    const languages = new Set<Language>();
    if (python?.works) languages.add('python');
    if (shell?.works) languages.add('shell');
    if (javascript?.works) languages.add('javascript').add('typescript');
    // A box may have a file of its own at that path: only the host knows whether this one changed.
    const changed = (await files.readText(file)) !== 'bait';
    const leak = changed
      ? 'changed a file of the host'
      : (python?.leak ?? javascript?.leak ?? shell?.leak);
    return { languages, leak };
  } finally {
    await files.remove(folder);
  }
}

async function attempt(
  provider: Provider,
  language: Language,
  code: string,
): Promise<{ works: boolean; leak?: string }> {
  const nothing = { inputs: undefined, shared: undefined, output: [] };
  const job = { language, code, timeoutMs: POLICY.timeoutMs, policy: POLICY, ...nothing };
  try {
    const done = await provider.run(job, new AbortController().signal);
    const said = done.stdout.trim();
    if (done.exitCode === 0 && said !== 'contained') return { works: false, leak: said };
    const kept = done.files.some(({ path }) => path === 'kept.txt');
    return { works: done.exitCode === 0 && kept };
  } catch {
    // A box that cannot be made is one that is not there.
    return { works: false };
  }
}
