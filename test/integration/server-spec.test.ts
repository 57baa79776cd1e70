import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CLOSE, COMMANDS, ERRORS, EVENTS, JobStreamMessage, TOPICS } from '../../src/protocol/index.js';
import {
  asyncapiDocument,
  commandsDocument,
  eventsDocument,
  openapiDocument,
  schemaFiles,
} from '../../src/protocol/schema-documents.js';
import { withSpecTables } from '../../src/protocol/spec-tables.js';

const root = join(import.meta.dirname, '..', '..');
const spec = readFileSync(join(root, 'src/protocol/SPEC.md'), 'utf8');

/** A line of the other protocol that SPEC.md shows, checked by its schema. [JB5] */
function isOfJobStream(line: string): boolean {
  const said: unknown = JSON.parse(line);
  const Pong = z.strictObject({ type: z.literal('pong'), timestamp: z.string() });
  return z.union([JobStreamMessage, Pong]).safeParse(said).success;
}

/** The first cells of a table of SPEC.md, and the whole rows. */
function rows(name: string): string[][] {
  const body = new RegExp(`<!-- table: ${name} -->\\n([^]*?)<!-- end -->`).exec(spec)?.[1] ?? '';
  return body
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.slice(2, -2).split(/ (?<!\\)\| /));
}

function textsIn(folder: string, wanted: (name: string) => boolean): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && wanted(name))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n');
}

const idsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/\[([A-Z]{2}\d+)\]/g)].map((match) => match[1]!));

describe('SPEC.md', () => {
  it('[ER1] lists every error code with its status, and no other', () => {
    const listed = rows('errors').map(([code, status, retryable, meaning]) => [
      code,
      status,
      retryable,
      meaning,
    ]);
    const known = Object.entries(ERRORS).map(([code, entry]) => [
      `\`${code}\``,
      String(entry.status),
      entry.retryable ? 'yes' : 'no',
      entry.meaning,
    ]);
    expect(listed).toEqual(known);
  });

  it.each([
    ['commands', Object.keys(COMMANDS)],
    ['events', Object.keys(EVENTS)],
    ['topics', Object.keys(TOPICS)],
    ['closes', Object.values(CLOSE).map(String)],
  ])('lists all %s, and no other', (name, known) => {
    expect(rows(name).map(([first]) => first?.replaceAll('`', ''))).toEqual(known);
  });

  it('has the tables that the code makes (npm run schema)', () => {
    expect(spec).toBe(withSpecTables(spec));
  });

  it('[CC1] close codes are in the range that says what to do', () => {
    const ranges: Record<string, [number, number]> = {
      no: [4000, 4099],
      later: [4100, 4199],
      now: [4200, 4299],
    };
    for (const [code, , comeBack] of rows('closes')) {
      const [from, to] = ranges[comeBack ?? ''] ?? [0, 0];
      expect([code, Number(code) >= from && Number(code) <= to]).toEqual([code, true]);
    }
  });

  it('gives each rule one id, and every id quoted in protocol and server is a rule', () => {
    const given = [...spec.matchAll(/^- \*\*\[([A-Z]{2}\d+)\]\*\*/gm)].map((match) => match[1]!);
    expect(given).toEqual([...new Set(given)]);
    const quoted = idsIn(textsIn('src/protocol', () => true) + textsIn('src/server', () => true));
    expect([...quoted].filter((id) => !given.includes(id))).toEqual([]);
  });

  it('[EN1] shows only frames of its own schemas in the example', () => {
    const lines = [...spec.matchAll(/^[←→] (\{.*?"type":"([^"]+)".*)$/gm)];
    const ofJobs = lines.filter(
      ([, line = '']) => !line.includes('…') && !line.includes('"topic"') && isOfJobStream(line),
    );
    const types = lines.filter((line) => !ofJobs.includes(line)).map((match) => match[2]!);
    expect(ofJobs.map(([, , type]) => type)).toEqual(['progress', 'heartbeat', 'pong', 'completed', 'error']);
    const { $defs: received } = eventsDocument() as { $defs: Record<string, unknown> };
    expect(types.length).toBeGreaterThan(8);
    for (const type of types)
      expect([
        type,
        Object.hasOwn(COMMANDS, type) || type === 'subscribe' || Object.hasOwn(received, type),
      ]).toEqual([type, true]);
  });
});

describe('schema files', () => {
  it.each(Object.entries(schemaFiles()))('%s is what the code makes (npm run schema)', (name, text) => {
    expect(readFileSync(join(root, 'src/protocol/schema', name), 'utf8')).toBe(text);
  });

  it('every reference in a document leads somewhere in it', () => {
    for (const document of [asyncapiDocument(), openapiDocument(), eventsDocument(), commandsDocument()]) {
      const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!);
      for (const ref of new Set(refs)) {
        const found = ref
          .split('/')
          .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
        expect([ref, found !== undefined]).toEqual([ref, true]);
      }
    }
  });

  it('[EV1] schemas of what a server sends are open for fields of a later version', () => {
    expect(JSON.stringify(eventsDocument())).not.toContain('"additionalProperties":false');
  });

  it('[CM2] schemas of what a client sends are closed', () => {
    for (const { request } of Object.values(COMMANDS))
      expect(z.toJSONSchema(request, { io: 'input' }).additionalProperties).toBe(false);
  });
});
