export { type Env } from './environment.js';
export { exampleOf, judge, type Judges } from './judge.js';
export { keptFileIn, readKept, type KeptValues } from './kept-values.js';
export * from './load.js';
export * from './problem.js';
export * from './schema.js';
export { GROUP_NAMES, SPECS, specFor, type SettingKey, type SettingKind, type SettingSpec } from './specs.js';
export type { TogetherFault } from './together.js';
export { defaultText, exampleText } from './texts.js';
