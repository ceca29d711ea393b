// How Pyodide is started, for programs and for the picture of its memory alike.

/** A user as good as any: Deno does not tell whose process this is, and Python ends if it asks. */
const SOMEBODY = 1000;
for (const name of ['getuid', 'geteuid', 'getgid', 'getegid']) process[name] = () => SOMEBODY;

/** Loads Pyodide, from a picture of its memory if there is one. */
export async function load({ folder, snapshot, ...more }) {
  const { loadPyodide } = await import(`file://${folder}/pyodide.mjs`);
  const env = { PYTHONHASHSEED: '0', TZ: 'UTC0', HOME: '/tmp', LANG: 'C.UTF-8' };
  const memory = snapshot ? { _loadSnapshot: Deno.readFileSync(snapshot) } : {};
  return await loadPyodide({ indexURL: `${folder}/`, env, ...memory, ...more });
}
