/**
 * `npm run soak`: the whole kill matrix: a run is killed before and after every event, every
 * resumed run is killed once more, and budgets are tried over 20,000 random schedules. Takes about half an hour.
 */
import { allKills, crash, twoAtOnce, undisturbed } from '../test/kill/matrix.ts';
import { checkSchedules } from '../test/runtime/budget-schedules.ts';

const whole = await undisturbed();
const kills = allKills(whole);
let passed = 0;
let failed = 0;
console.log(`${whole.log.length} events, ${kills.length} kills`);
await twoAtOnce(kills, async (kill) => {
  const problems = await crash(kill, whole);
  if (problems.length === 0) passed += 1;
  else failed += 1;
  for (const problem of problems) console.log(`${kill.when} event ${kill.seq}: ${problem}`);
  if ((passed + failed) % 20 === 0) console.log(`${passed + failed} of ${kills.length}`);
});
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
