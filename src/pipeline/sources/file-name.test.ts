import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileName, filePath } from './file-name.js';

describe('a name from elsewhere', () => {
  it.each([
    ['../../etc/passwd', '_.._etc_passwd'],
    ['a:b*c?.flac', 'a_b_c_.flac'],
    ['.hidden.mp3', 'hidden.mp3'],
    ['', 'music'],
    ['...', 'music'],
    ['con.flac', '_con.flac'],
  ])('%j becomes %j', (from, to) => {
    expect(fileName(from)).toBe(to);
  });

  it('is one name of one file, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const name = fileName(text);
        expect(name).not.toMatch(/[/\\\0\n\r]/);
        expect(['', '.', '..']).not.toContain(name);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
      }),
    );
  });

  it('as a path never leads out of its folder', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('..', '.', '', 'a', '~', '\0', 'b/..', '..\\..'), { maxLength: 6 }),
        (parts) => {
          const path = filePath(parts.join('/'));
          expect(path.split('/')).not.toContain('..');
          expect(path.startsWith('/')).toBe(false);
        },
      ),
    );
  });
});
