/**
 * What modules of a workflow find as `awp-agents`, in a process of their own: what tools are made
 * with, and no more, so that a run does not wait for the rest to be loaded. Their hosts
 * also take from here what makes tools of exports, and what holds an output against JSON.
 */
export { AwpError } from '../base/errors.ts';
export { plainJson } from '../modules/plain-json.ts';
export { isTool, toTools } from './own-tools.ts';
export { tool } from './tool.ts';
