import type { Card } from '../rule.ts';

/** A code that explains itself; without examples where nothing that is written can break it. */
export type CodeCard = Omit<Card, 'bad' | 'good'> & Partial<Pick<Card, 'bad' | 'good'>>;
