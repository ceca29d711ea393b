export * from './assert.mjs';
