import type { Shape, ShapeNode } from './shapes.ts';

/** One way to run a graph. */
export interface Engine {
  /** Builds the graph, once; what it gives runs it from start to end. */
  build(shape: Shape, work: NodeWork): Promise<() => Promise<unknown>>;
}

/** The value of a node, from the values of those that it needs. */
export type NodeWork = (node: ShapeNode, inputs: readonly number[]) => Promise<number>;
