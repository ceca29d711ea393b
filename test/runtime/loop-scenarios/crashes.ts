import { expect, it } from 'vitest';
import type { RunEvent } from '../../../src/events/event.ts';
import { temporaryFolder } from '../../make.ts';
import { type Played, play, problemsOf } from './play.ts';
import type { Scenario } from './scenario.ts';

/** Places at which one scenario is cut, at most: long ones are cut at every n-th. */
const MOST_CUTS = 80;
/** For one scenario, in milliseconds: it must never hang. */
const TIMEOUT = 60_000;

function expectSameEnd(played: Played, whole: Played, { scenario, length }: Cut): void {
  const cut = `after event ${length}, ${played.log[length - 1]?.type}`;
  const end = { cut, ...played.end };
  if (scenario.countsCrashes) expect(end).toMatchObject({ cut, ...scenario.ends });
  else expect(end).toEqual({ cut, ...whole.end });
  expect([cut, ...problemsOf(played, length)]).toEqual([cut]);
  scenario.holds?.(played);
}

interface Cut {
  scenario: Scenario;
  /** Events that the process before has left. */
  length: number;
}

/**
 * Tests that scenarios end the same when they are cut off anywhere and taken up again. `appends`: of each
 * process of a run whose processes all die soon; a program must fit in between.
 */
export function withstandCrashes(
  scenarios: readonly (readonly [string, Scenario])[],
  appends: number,
): void {
  it.each(scenarios)(
    'ends the same: %s',
    async (_, scenario) => {
      using folder = temporaryFolder();
      const whole = await play(folder.path, scenario);
      const places = whole.cuts.slice(0, -1);
      const step = Math.ceil(places.length / MOST_CUTS);
      for (const length of places.filter((_place, index) => index % step === 0)) {
        const resumed = await play(folder.path, scenario, whole.log.slice(0, length));
        expectSameEnd(resumed, whole, { scenario, length });
      }
    },
    TIMEOUT,
  );

  // Where a crash is charged, a run that crashes all the time runs out early, and rightly so.
  const free = scenarios.filter(([, { countsCrashes }]) => !countsCrashes);

  it.each(free)(
    'ends the same when each of its processes dies soon: %s',
    async (_, scenario) => {
      using folder = temporaryFolder();
      const whole = await play(folder.path, scenario);
      let log: readonly RunEvent[] = [];
      for (;;) {
        const { length } = log;
        const next = await play(folder.path, scenario, log);
        const end = next.cuts.filter((seq) => seq > length)[appends - 1];
        if (end === undefined || end === next.log.length) {
          expectSameEnd(next, whole, { scenario, length });
          return;
        }
        log = next.log.slice(0, end);
      }
    },
    TIMEOUT,
  );
}
