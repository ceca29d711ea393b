import { expect } from 'vitest';
import { complete, delegate, only } from '../../make.ts';
import { BODY, skillText } from '../skills/skill-texts.ts';
import { order, type Scenarios, sub } from './scenario.ts';

/** Skills that managers write while a run goes on. */
export const SKILLS: Scenarios = {
  'skills that a manager writes, names, replaces and gets wrong': {
    script: {
      manager: [
        delegate(
          order('a', { skills: [skillText('rates')] }),
          order('b', { skills: ['rates', skillText('gaps', { fields: { scope: 'all' } })] }),
        ),
        delegate(
          order('c', {
            skills: [
              skillText('rates', {
                fields: { version: '1.1.0' },
                body: `${BODY}\n3. Round at the very end.`,
              }),
            ],
          }),
        ),
        delegate(order('d', { skills: ['rates', 'raets'] })),
        complete(),
      ],
    },
    ends: { status: 'complete' },
    holds: ({ log, state }) => {
      expect(only(log, 'skill.created').map(({ data }) => data.skill.name)).toEqual([
        'rates',
        'rates',
      ]);
      expect(only(log, 'skill.refused')).toHaveLength(1);
      expect([...(state.creation?.skills.keys() ?? [])]).toEqual(['rates']);
    },
  },
  'a skill for a sub-manager, which hands it on': {
    script: {
      manager: [delegate(sub('lead', { skills: [skillText('rates')] })), complete()],
      lead: [delegate(order('a', { skills: ['rates'] })), complete('led')],
    },
    options: { budget: { depth: 2 } },
    ends: { status: 'complete' },
    holds: ({ log }) => {
      const worker = only(log, 'agent.started').find(({ data }) => data.name === 'a');
      expect(worker?.data.order?.skills).toEqual(['rates']);
    },
  },
};
