export { Duplicates } from './duplicates.js';
export { type Importer, type ImporterOptions, type ImportSettings, openImporter } from './importer.js';
export type { Recovered } from './operations.js';
export { compareQuality, judge, type Quality, sayQuality } from './quality.js';
export type { Outbox } from './record.js';
export { DEFAULT_TEMPLATE, readTemplate } from './template.js';
