export { Exports, type ExportsParts } from './exports.js';
export type { FolderRules } from './folders.js';
