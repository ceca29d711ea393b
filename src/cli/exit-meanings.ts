/** What each exit status of `awp` says, lowest first (experience 3.3, decision 26). */
export const EXIT_MEANINGS: readonly { status: number; meaning: string }[] = [
  { status: 0, meaning: 'the run is complete, or the command did its work' },
  { status: 1, meaning: 'the run failed, or the workflow has problems' },
  { status: 2, meaning: 'wrong usage' },
  {
    status: 3,
    meaning: 'a limit, a stall or a refused result ended the run; what there is was kept',
  },
  { status: 4, meaning: 'a model: no key, refused, unreachable' },
  { status: 5, meaning: 'the run waits for a human: an approval, or trust' },
  { status: 6, meaning: 'no sandbox, or it refused' },
  { status: 7, meaning: 'stopped by the user' },
  { status: 8, meaning: 'an input could not be had, or an address not be reached' },
  { status: 9, meaning: 'the store cannot be used' },
  { status: 70, meaning: 'a bug in awp-agents' },
  { status: 130, meaning: 'ended at once by a second Ctrl-C' },
  { status: 143, meaning: 'stopped by SIGTERM' },
];
