/**
 * `npm run soak`: the whole kill matrix: delegation loops and a graph are killed before and after
 * every event, every resumed run is killed once more, and budgets are tried over 20,000 random
 * schedules. Takes about an hour.
 */
import { graphStory } from '../test/kill/graph-scenario.ts';
import { managersStory } from '../test/kill/managers-scenario.ts';
import { allKills, crash, twoAtOnce, undisturbed } from '../test/kill/matrix.ts';
import { loopStory } from '../test/kill/scenario.ts';
import { checkSchedules } from '../test/runtime/budget-schedules.ts';

let passed = 0;
let failed = 0;
for (const story of [loopStory, graphStory, managersStory]) {
  const whole = await undisturbed(story);
  const kills = allKills(whole);
  let done = 0;
  console.log(`${story.name}: ${whole.log.length} events, ${kills.length} kills`);
  await twoAtOnce(kills, async (kill) => {
    const problems = await crash(kill, whole);
    if (problems.length === 0) passed += 1;
    else failed += 1;
    done += 1;
    for (const problem of problems) console.log(`${kill.when} event ${kill.seq}: ${problem}`);
    if (done % 20 === 0) console.log(`${done} of ${kills.length}`);
  });
}
await checkSchedules(20_000).then(
  () => {
    passed += 1;
  },
  (error: unknown) => {
    failed += 1;
    console.log(String(error));
  },
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
