import type { RunEvent } from '../../src/events/event.ts';
import type { Handler, RecordedRequest } from '../fault-server/server.ts';

/** A run that is killed everywhere: what it is made of, and how its effects are told apart. */
export interface Story {
  /** What `child.ts` starts. */
  name: 'loop' | 'graph' | 'managers' | 'creation';
  /** Files that it needs, by path; the folder of the store is beside them. */
  files: Readonly<Record<string, string>>;
  /** The model service. */
  handler: Handler;
  /** A question's place in the run, the same for the same question whatever the process. */
  keyOfRequest(request: RecordedRequest): string;
  /** The keys of all questions and other effects whose ends are in the log. */
  recordedKeys(log: readonly RunEvent[]): string[];
  /** How often each effect that is no question was done so far, by key; from the files it left. */
  effects?(folder: string): ReadonlyMap<string, number>;
  /** Where its code works: no process may be left there. */
  workplace?: string;
}

/** Answers of models that a log has, by the agent's name and the number of its question. */
export function recordedKeys(log: readonly RunEvent[]): string[] {
  const names = new Map<string, string>();
  return log.flatMap((event) => {
    if (event.type === 'agent.started') names.set(event.agent ?? '', event.data.name);
    if (event.type !== 'model.responded') return [];
    return [`${names.get(event.agent ?? '')} ${event.data.call.split('/')[1]}`];
  });
}
