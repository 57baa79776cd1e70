export { examine, type ExamineParts } from './examine.js';
export { ExamineParams, examineWork } from './examine-work.js';
export { ExaminedSchema } from './examined.js';
export { type Fingerprint, fingerprint, isTelling, similarity } from './fingerprint.js';
