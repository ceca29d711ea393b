import { AwpError } from '../../base/errors.ts';
import type { Store } from '../../ports/store.ts';
import { loadState } from '../load-state.ts';
import { Chronicle } from './chronicle.ts';
import { creationSection } from './creation-section.ts';
import {
  approvalSection,
  budgetSection,
  fileSection,
  processSection,
  stateSection,
  wrongSection,
} from './end-sections.ts';
import { graphSection } from './graph-section.ts';
import { headSection, resultSection, type Standing, taskSection } from './head.ts';
import { lookAtRun } from './look.ts';
import { loopSection } from './loop-section.ts';
import { heading } from './markdown.ts';

/**
 * A run as one Markdown text, from its log alone: what it was to do, how it went and what came of it.
 * The log is read once, page by page. Throws `store/not-found`, and `store/damaged` for a log that does
 * not begin with the beginning of a run.
 */
export async function writeReport(store: Store, run: string, standing: Standing): Promise<string> {
  const chronicle = new Chronicle();
  const state = await loadState(store, run, (event, now) => chronicle.see(event, now));
  const { plan } = state;
  if (!plan) {
    throw new AwpError('store/damaged', `the log of the run ${run} has no beginning`, {
      hint: 'restore it from a backup; other runs can be used',
    });
  }
  const look = lookAtRun(plan, state, chronicle);
  const root = state.frames.get('0');
  const course =
    state.graphs.size > 0 ? graphSection(look) : root ? loopSection(look, root, 3) : [];
  const result = resultSection(state);
  const sections = [
    headSection(state, plan, standing),
    taskSection(plan),
    ...(result === undefined ? [] : [result]),
    ...processSection(look),
    ...(course.length > 0 ? [heading(2, state.graphs.size > 0 ? 'Nodes' : 'Decisions')] : []),
    ...course,
    ...creationSection(look),
    ...stateSection(look),
    ...approvalSection(look),
    ...fileSection(look),
    ...budgetSection(look),
    ...wrongSection(look),
  ];
  return `${sections.join('\n\n')}\n`;
}
