export * from './path.mjs';
