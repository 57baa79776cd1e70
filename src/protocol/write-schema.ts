import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { schemaFiles } from './schema-documents.js';
import { withSpecTables } from './spec-tables.js';

// Runs as dist/src/protocol/write-schema.js; the files belong beside the sources.
const sources = new URL('../../../src/protocol/', import.meta.url);
const folder = new URL('schema/', sources);
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(new URL(name, folder), text);
const spec = new URL('SPEC.md', sources);
writeFileSync(spec, withSpecTables(readFileSync(spec, 'utf8')));
