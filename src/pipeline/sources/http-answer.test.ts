import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { nameInDisposition } from './file-name.js';
import type { WebAnswer } from '../../net/index.js';
import { meaningOf, rangeHeaders, type PartNote } from './http-answer.js';

const url = 'https://pod.example/a.flac';
const note: PartNote = { url, from_url: url, synced_bytes: 500, total_bytes: 1000, etag: '"one"' };

const answer = (status: number, headers: Record<string, string> = {}): WebAnswer => ({
  status,
  headers,
  url: new URL(url),
  body: {} as IncomingMessage,
});
const meaning = (
  status: number,
  headers: Record<string, string>,
  have = 500,
  known: PartNote | undefined = note,
) => meaningOf(answer(status, headers), { url, have, note: known });

describe('an answer to a request for the rest of a file', () => {
  it('goes on only with exactly the rest of the same file', () => {
    expect(meaning(206, { 'content-range': 'bytes 500-999/1000', etag: '"one"' }).go).toBe('on');
    for (const range of ['bytes 0-999/1000', 'bytes 400-999/1000', 'bytes 500-999/2000', 'nonsense', ''])
      expect(meaning(206, { 'content-range': range }).go).toBe('restart');
    expect(meaning(206, { 'content-range': 'bytes 500-999/1000', etag: '"two"' }).go).toBe('restart');
  });

  it('begins anew when the server sends all of it', () => {
    expect(meaning(200, { 'content-length': '1000' })).toMatchObject({
      go: 'anew',
      note: { total_bytes: 1000 },
    });
  });

  it('is whole when there is no more, and begins anew when the file has got shorter', () => {
    const { total_bytes: _total, ...unsaid } = note;
    expect(meaning(416, { 'content-range': 'bytes */500' }, 500, unsaid).go).toBe('whole');
    expect(meaning(416, { 'content-range': 'bytes */1000' }, 1000).go).toBe('whole');
    expect(meaning(416, { 'content-range': 'bytes */500' }).go).toBe('restart');
    expect(meaning(416, { 'content-range': 'bytes */300' }).go).toBe('restart');
    expect(meaning(416, {}).go).toBe('restart');
  });

  it('asks for the rest only where the server can be held to the same file', () => {
    expect(rangeHeaders(note, 500)).toEqual({ range: 'bytes=500-', 'if-range': '"one"' });
    expect(rangeHeaders({ ...note, etag: undefined }, 500)).toEqual({});
    expect(rangeHeaders(note, 0)).toEqual({});
    expect(meaning(200, { etag: 'W/"weak"' })).not.toHaveProperty('note.etag');
  });

  it.each(['text/html; charset=utf-8', 'application/zip', 'image/jpeg', 'application/json', 'text/plain'])(
    'refuses what the server calls %s',
    (type) => {
      expect(() => meaning(200, { 'content-type': type })).toThrow(
        expect.objectContaining({ retryable: false }),
      );
    },
  );

  it.each([429, 500, 502, 503, 504, 408])('hopes for later after %i', (status) => {
    expect(() => meaning(status, {})).toThrow(expect.objectContaining({ retryable: true }));
  });

  it.each([400, 401, 403, 404, 410, 451])('gives up after %i', (status) => {
    expect(() => meaning(status, {})).toThrow(expect.objectContaining({ retryable: false }));
  });
});

describe('a name in Content-Disposition', () => {
  it.each([
    ['attachment; filename="a b.flac"', 'a b.flac'],
    ['attachment; filename=a.flac', 'a.flac'],
    [`attachment; filename="x.flac"; filename*=UTF-8''%C3%A9.flac`, 'é.flac'],
    ['attachment; filename="a\\"b.flac"', 'a"b.flac'],
    ['inline', undefined],
    [`attachment; filename*=UTF-8''%E9`, undefined],
  ])('%s', (header, name) => {
    expect(nameInDisposition(header)).toBe(name);
  });
});
