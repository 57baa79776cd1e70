export { TargetFault, type ScanTarget } from './contract.js';
export type { NoteReason, ScanOutbox } from './outbox.js';
export { openTargets, type Targets, type TargetsParts } from './open-targets.js';
