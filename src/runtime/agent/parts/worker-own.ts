import { section } from '../sections.ts';
import { domainKnowledge } from '../skills.ts';
import type { WorkerPart } from './look.ts';

/** The skills that it was given. */
export const ownSkills: WorkerPart = ({ state, frame, surroundings }) => {
  const knowledge = domainKnowledge(state, frame, surroundings.skillTexts);
  return knowledge === undefined ? undefined : section('Domain knowledge', knowledge);
};

/** Who it is and what it is to do. */
export const ownInstructions: WorkerPart = ({ frame, marks }) =>
  section(
    'Instructions',
    `You are the worker \`${frame.name}\`.\n${marks.block(frame.instructions, 'your manager', 'instructions')}`,
  );

/** What its report must hold. */
export const ownContract: WorkerPart = ({ frame: { contract }, marks }) => {
  if (!contract) return undefined;
  const fields = [...new Set([...contract.requiredFields, 'confidence'])];
  const { description, schema } = contract;
  const lines = [
    `Required fields of your report: ${fields.map((field) => JSON.stringify(field)).join(', ')}.`,
    description !== undefined && marks.block(description, 'your manager'),
    schema && `JSON Schema: ${JSON.stringify(schema)}`,
  ];
  return section('Required', lines.filter(Boolean).join('\n'));
};
