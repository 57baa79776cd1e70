import { mkdirSync, writeFileSync } from 'node:fs';
import { defaultText, exampleText } from './texts.js';

// Runs as dist/src/config/write-files.js; the files belong into config/ of the sources.
const folder = new URL('../../../config/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('default.yaml', folder), defaultText());
writeFileSync(new URL('example.yaml', folder), exampleText());
