import { describe, expect, it } from 'vitest';
import { COMMANDS, ERRORS, EVENTS } from '../../protocol/index.js';
import { docsPage } from './docs-page.js';
import { schemaText } from './schema-text.js';

describe('a schema as text', () => {
  it.each([
    [{ type: 'string', minLength: 1, maxLength: 64 }, 'string 1..64'],
    [{ type: 'integer', minimum: 0, maximum: 9007199254740991 }, 'integer 0..'],
    [{ enum: ['a', 'b'] }, '"a" | "b"'],
    [{ type: 'array', items: { type: 'string' }, maxItems: 3 }, '[string] ..3'],
    [{ type: 'object', properties: { a: { const: 1 } }, required: ['a'] }, '{ a: 1 }'],
    [{ type: 'object', properties: { a: { type: 'number', default: 2 } } }, '{ a?: number = 2 }'],
    [{ type: 'object', additionalProperties: { type: 'boolean' } }, '{ [name]: boolean }'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
    [{}, 'anything'],
  ])('%j is %s', (schema, text) => expect(schemaText(schema)).toBe(text));
});

describe('the page about the API', () => {
  const page = docsPage('<1>');

  it('[DC1] has every command, event and error', () => {
    for (const type of Object.keys(COMMANDS)) expect(page).toContain(`id="command-${type}"`);
    for (const type of [...Object.keys(EVENTS), ...Object.keys(ERRORS)])
      expect(page).toContain(`<code>${type}</code>`);
  });

  it('has nothing that the content security policy forbids, and no markup of others', () => {
    expect(page).not.toMatch(
      /\sstyle=|\son\w+=|<style|<script(?! type="module" src="\/docs\.js")|https?:\/\//,
    );
    expect(page).toContain('Tutti API <small>&lt;1&gt;</small>');
  });
});
