import { writeReport } from '../runtime/report/write-report.ts';
import { effectsWith } from './node-host.ts';
import type { WorkflowOptions } from './options.ts';
import { openPlace } from './run-place.ts';

/** Where the run is kept. */
export type ReportOptions = Pick<WorkflowOptions, 'store' | 'home'>;

/**
 * One readable Markdown text about a run: its task and inputs, each decision with its reasons, what every
 * agent was asked for, used and brought, what was refused or went wrong, its files and its budget. Taken
 * from the log alone, so it may also be asked for while the run is at work. `id` is any unique beginning
 * of the run's id. Whatever models, tools or files said is escaped. Throws `store/not-found`,
 * `store/ambiguous`, `store/damaged`.
 */
export async function runReport(id: string, options: ReportOptions = {}): Promise<string> {
  const effects = effectsWith({});
  const { store, close } = await openPlace(options, effects);
  try {
    const { run, owner } = await store.find(id);
    return await writeReport(store, run, { alive: (owner?.until ?? 0) > effects.clock.now() });
  } finally {
    await close();
  }
}
