import { dirname, join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { surveyModels } from '../builtins.ts';
import type { Effects } from '../ports/effects.ts';
import type { ModelRoute } from '../providers/survey.ts';
import { type SandboxFacts, surveySandboxes } from '../sandboxes/choose.ts';
import { type FoundPython, surveyPythons } from '../sandboxes/interpreters.ts';
import { findHome, openHome } from './home.ts';

/** One thing that was looked at. */
export interface Finding {
  area: 'node' | 'store' | 'python' | 'sandbox' | 'model';
  /** What it is about: a version, a folder, a box, a service. */
  name: string;
  /** `absent`: not there, and only missed by who wants it. */
  state: 'ok' | 'warning' | 'broken' | 'absent';
  words: string;
  fix?: string;
}

/** What the machine is ready for. */
export interface Examination {
  findings: readonly Finding[];
  ready: {
    /** The rule-based demo model, which needs a box and nothing else. */
    demo: boolean;
    /** Whether a model can be asked. */
    models: boolean;
    /** The box that runs get. */
    sandbox: string | undefined;
  };
}

/** What is looked at. */
export interface DoctorOptions {
  cwd: string;
  home?: string;
  /** Try the boxes again, whatever was found earlier. */
  fresh: boolean;
}

const MIB = 1024 * 1024;
/** Less room than this is soon used up by the files of a run. */
const LITTLE_BYTES = 512 * MIB;

/** Looks at this machine: interpreter, store, Pythons, boxes, ways to models; each with its fix. */
export async function examine(effects: Effects, options: DoctorOptions): Promise<Examination> {
  const [store, pythons, boxes, models] = await Promise.all([
    examineStore(effects, options),
    surveyPythons(effects).catch(asFinding),
    surveySandboxes(effects, { fresh: options.fresh }),
    surveyModels(effects).catch((error: unknown) => [storedKeys(error)]),
  ]);
  const forced = effects.secrets.get('AWP_SANDBOX');
  const best = boxes.find(
    ({ name, usable }) => usable && name !== 'none' && name === (forced ?? name),
  );
  const findings: Finding[] = [
    { area: 'node', name: `Node ${process.versions.node}`, state: 'ok', words: 'runs awp' },
    store,
    ...('state' in pythons ? [pythons] : pythonFindings(pythons, best)),
    ...(forced === undefined || best ? [] : [forcedFinding(forced, boxes)]),
    ...boxes.map((box) => boxFinding(box, best)),
    ...models.map((one) => ('area' in one ? one : modelFinding(one))),
  ];
  // What the user chose is what is asked: another way does not stand in for it.
  const routes = models.flatMap((one) => ('area' in one ? [] : [one]));
  const asked = routes.filter(({ chosen }) => chosen);
  const ways = asked.length > 0 ? asked : routes.filter(({ ready }) => ready);
  const canAsk = ways.length > 0 && ways.every(({ ready }) => ready);
  return {
    findings,
    ready: { demo: best !== undefined, models: canAsk, sandbox: best?.name },
  };
}

async function examineStore(effects: Effects, { cwd, home }: DoctorOptions): Promise<Finding> {
  const place = { cwd, effects, ...(home !== undefined && { home }) };
  const folder = await findHome(place);
  const about = { area: 'store', name: folder } as const;
  try {
    // Finds a damaged store, and leaves no trace where there is none.
    await (await openHome(place)).close();
    const free = await freeBytes(effects, folder);
    const room = `${Math.floor(free / MIB).toLocaleString('en-US')} MiB free`;
    if (free >= LITTLE_BYTES) return { ...about, state: 'ok', words: `can be written, ${room}` };
    return { ...about, state: 'warning', words: `only ${room}`, fix: 'make room, or set AWP_HOME' };
  } catch (error) {
    const hint = error instanceof AwpError ? error.hint : undefined;
    const fix = hint ?? 'choose another folder with --home or AWP_HOME';
    const words = error instanceof AwpError ? error.message : 'cannot be written';
    return { ...about, state: 'broken', words, fix };
  }
}

/** Room where the folder is or would be. Rejects where nothing can be written. */
async function freeBytes({ files, processes }: Effects, folder: string): Promise<number> {
  let place = folder;
  while ((await files.info(place)) === undefined) place = dirname(place);
  const probe = join(place, `.awp-doctor-${processes.pid()}`);
  await files.write(probe, '');
  await files.remove(probe);
  return (await files.space(place)).free;
}

/** A Python that was named and is none: every run that could use one is refused. */
/** A store of keys that cannot be used says nothing about models, and is to be mended. */
function storedKeys(error: unknown): Finding {
  if (!(error instanceof AwpError) || error.family !== 'secret') throw error;
  const { message, hint } = error;
  const about = { area: 'model', name: 'stored keys', state: 'broken' } as const;
  return { ...about, words: message, ...(hint !== undefined && { fix: hint }) };
}

function asFinding(error: unknown): Finding {
  if (!(error instanceof AwpError)) throw error;
  const { message, hint } = error;
  const about = { area: 'python', name: 'Python', state: 'broken' } as const;
  return { ...about, words: message, ...(hint !== undefined && { fix: hint }) };
}

function pythonFindings(
  pythons: readonly FoundPython[],
  best: SandboxFacts | undefined,
): Finding[] {
  const used = best?.languages.find(({ language }) => language === 'python')?.description;
  if (pythons.length === 0) {
    const words = 'none was found; programs are written in JavaScript';
    const fix = 'install Python 3.8 or newer, with pandas for data';
    return [{ area: 'python', name: 'Python', state: 'absent', words, fix }];
  }
  return pythons.map(({ path, version, libraries }): Finding => {
    const has = [...libraries].map(([name, its]) => `${name} ${its}`).join(', ');
    const name = `Python ${version.join('.')}`;
    const inUse = used?.startsWith(`${name} `) ?? false;
    const words = `${path}${inUse ? ', used by programs' : ''}; ${has || 'standard library only'}`;
    if (libraries.has('pandas')) return { area: 'python', name, state: 'ok', words };
    // Programs have one with pandas already: this one is nobody's loss.
    if (used?.includes('pandas')) return { area: 'python', name, state: 'absent', words };
    const fix = `${path} -m pip install pandas matplotlib (or apt install python3-pandas python3-matplotlib)`;
    return { area: 'python', name, state: 'warning', words: `${words}; no pandas`, fix };
  });
}

function modelFinding({ name, ready, words, fix, chosen }: ModelRoute): Finding {
  const lacking = chosen ? 'broken' : 'absent';
  const state = ready ? 'ok' : lacking;
  return { area: 'model', name, state, words, ...(fix !== undefined && { fix }) };
}

/** `AWP_SANDBOX` allows one box only; this one cannot be had. */
function forcedFinding(forced: string, boxes: readonly SandboxFacts[]): Finding {
  const about = { area: 'sandbox', name: `AWP_SANDBOX=${forced}`, state: 'broken' } as const;
  const fix = 'unset AWP_SANDBOX, or name a box that can be used';
  const known = boxes.find(({ name }) => name === forced);
  if (known === undefined) return { ...about, words: 'there is no box of that name', fix };
  const weak = 'it keeps nothing apart, and runs ask for more unless they say none';
  return { ...about, words: known.usable ? weak : 'the only one allowed cannot be used', fix };
}

function boxFinding(box: SandboxFacts, best: SandboxFacts | undefined): Finding {
  const { name, usable, reason, fix, isolation, verified, selfTest } = box;
  const about = { area: 'sandbox', name } as const;
  if (!usable) {
    // A weaker box that is missing is not missed while a stronger one is there.
    const state = best === undefined ? 'broken' : 'absent';
    return { ...about, state, words: reason ?? '', ...(fix !== undefined && { fix }) };
  }
  if (name === 'none')
    return { ...about, state: 'absent', words: (isolation ?? '').replace('none: ', '') };
  const words = [
    ...(box === best ? ['what runs get'] : []),
    ...(isolation === undefined ? [] : [isolation.replace(`${name}: `, '')]),
    ...(selfTest
      ? [`self-test ${selfTest.cached ? `passed ${selfTest.at}` : `${selfTest.ms} ms`}`]
      : []),
    ...(verified ? [] : ['unverified on this kind of system']),
  ];
  return { ...about, state: verified ? 'ok' : 'warning', words: words.join('; ') };
}
