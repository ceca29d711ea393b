/**
 * What modules of a workflow find as `awp-agents`, in a process of their own: what tools are made
 * with, and no more, so that a run does not wait for the rest to be loaded. Their host also takes
 * from here what makes tools of exports.
 */
export { AwpError } from '../base/errors.ts';
export { isTool, toTools } from './own-tools.ts';
export { tool } from './tool.ts';
