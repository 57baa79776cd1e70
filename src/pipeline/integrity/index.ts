export { Integrity, type Budget, type IntegrityParts } from './integrity.js';
