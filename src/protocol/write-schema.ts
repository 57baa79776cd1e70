import { mkdirSync, writeFileSync } from 'node:fs';
import { schemaFiles } from './schema-documents.js';

// Runs as dist/src/protocol/write-schema.js; the files belong beside the sources.
const folder = new URL('../../../src/protocol/schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(new URL(name, folder), text);
