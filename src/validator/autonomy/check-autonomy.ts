import { type Diagnostic, diagnostic } from '../../base/diagnostic.ts';
import { textAt } from '../../base/yaml-node.ts';
import { LEVELS, type Level } from '../../models/level.ts';
import type { Workflow } from '../../models/workflow.ts';
import { a0 } from './a0.ts';
import { a1 } from './a1.ts';
import { a2 } from './a2.ts';
import { a3 } from './a3.ts';
import { a4 } from './a4.ts';
import { crossCutting } from './cross-cutting.ts';
import type { Force, Requirement, Shortfall } from './requirement.ts';

/** All requirements, lowest level first. */
export const requirements: readonly Requirement[] = [...a0, ...a1, ...a2, ...a3, ...a4];

/** What became of one requirement. */
export interface RequirementResult {
  /** `A2-3`, or `AX-1` for what is good at every level. */
  id: string;
  level: Level | undefined;
  force: Force;
  text: string;
  status: 'PASS' | 'WARN' | 'FAIL';
  shortfalls: readonly Shortfall[];
}

/** How autonomous a workflow is (validation 2). */
export interface AutonomyReport {
  /** `workflow.autonomy`. */
  declared: Level | undefined;
  /** The highest level whose musts hold, with those of all below; undefined when A0 does not. */
  achieved: Level | undefined;
  requirements: readonly RequirementResult[];
  crossCutting: readonly RequirementResult[];
}

/** Holds a workflow against all levels, on what is written. Pure. */
export function checkAutonomy(workflow: Workflow): AutonomyReport {
  const results = requirements.map((requirement) => result(requirement, workflow));
  const general = crossCutting.map(({ id, text, check }) => {
    const shortfalls = check(workflow);
    const status = shortfalls.length === 0 ? ('PASS' as const) : ('WARN' as const);
    return { id, level: undefined, force: 'should' as const, text, status, shortfalls };
  });
  return {
    declared: declaredLevel(workflow),
    achieved: achievedLevel(results),
    requirements: results,
    crossCutting: general,
  };
}

function result(requirement: Requirement, workflow: Workflow): RequirementResult {
  const { id, level, force, text } = requirement;
  const broken = requirement.check(workflow);
  const advice = requirement.advise?.(workflow) ?? [];
  const failed = force === 'must' && broken.length > 0;
  const status = failed ? 'FAIL' : broken.length + advice.length > 0 ? 'WARN' : 'PASS';
  return { id, level, force, text, status, shortfalls: failed ? broken : [...broken, ...advice] };
}

/** The level that `workflow.autonomy` names, if it is one. */
export function declaredLevel({ manifest }: Workflow): Level | undefined {
  const autonomy = textAt(manifest?.tree, 'workflow', 'autonomy');
  return LEVELS.find((level) => level === autonomy);
}

function achievedLevel(results: readonly RequirementResult[]): Level | undefined {
  const broken = LEVELS.findIndex((level) => !holds(results, level));
  return broken === -1 ? LEVELS.at(-1) : LEVELS[broken - 1];
}

function holds(results: readonly RequirementResult[], level: Level): boolean {
  return results.every((one) => one.level !== level || one.status !== 'FAIL');
}

/** Whether every must of a level, and of those below it, holds. */
export function reaches({ achieved }: AutonomyReport, level: Level): boolean {
  return achieved !== undefined && LEVELS.indexOf(achieved) >= LEVELS.indexOf(level);
}

/**
 * What a workflow lacks of the level that it declares, or that is asked for: broken musts are
 * errors, broken shoulds warnings. Without such a level nothing is wrong.
 */
export function autonomyDiagnostics(report: AutonomyReport, asked?: Level): Diagnostic[] {
  const level = asked ?? report.declared;
  if (level === undefined) return [];
  const wanted = LEVELS.indexOf(level);
  return report.requirements.flatMap((one) => {
    const counts = one.level !== undefined && LEVELS.indexOf(one.level) <= wanted;
    if (!counts) return [];
    const severity = one.status === 'FAIL' ? ('error' as const) : ('warning' as const);
    return one.shortfalls.map(({ at, message, help }) => {
      const text = `${message} (level ${level} asks for it)`;
      return diagnostic({ code: one.id, severity }, { at, message: text, help });
    });
  });
}
