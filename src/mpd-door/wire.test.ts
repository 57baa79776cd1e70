import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ackLine, parseLine, parseRange, Refusal } from './wire.js';

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return `${error.ack} ${error.message}`;
    throw error;
  }
  return 'taken';
}

describe('a line of MPD', () => {
  it.each([
    ['status', 'status', []],
    ['  play   3 ', 'play', ['3']],
    ['add "a b"', 'add', ['a b']],
    ['add "a \\"b\\" \\\\c"', 'add', ['a "b" \\c']],
    ['find Artist "Sigur Rós" ""', 'find', ['Artist', 'Sigur Rós', '']],
    ['find\t(x)', 'find', ['(x)']],
  ])('%s is read', (line, name, args) => {
    expect(parseLine(line)).toEqual({ name, args });
  });

  it.each([
    ['', '5 No command given'],
    ['1play', '5 Letter expected'],
    ['pl-ay', '5 Invalid word character'],
    ['add "open', `5 Missing closing '"'`],
    ['add "a"b', `5 Space expected after closing '"'`],
    ['add a"b', '5 Invalid unquoted character'],
    [`add 'a'`, '5 Invalid unquoted character'],
    [`x ${'a '.repeat(71)}`, '2 Too many arguments'],
  ])('%s is refused', (line, why) => {
    expect(refusal(() => parseLine(line))).toBe(why);
  });

  it('gives back whatever a client quotes as clients do', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[\n\r\0]/.test(text)),
        (text) => {
          const quoted = `"${text.replace(/[\\"]/g, '\\$&')}"`;
          expect(parseLine(`add ${quoted}`).args).toEqual([text]);
        },
      ),
    );
  });

  it('never breaks on anything but a refusal', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => refusal(() => parseLine(text)) !== ''));
  });
});

describe('a range', () => {
  it.each([
    ['3', { start: 3, end: 4 }],
    ['3:7', { start: 3, end: 7 }],
    ['3:', { start: 3, end: Infinity }],
    ['-1', { start: 0, end: Infinity }],
  ])('%s is read', (text, range) => {
    expect(parseRange(text)).toEqual(range);
  });

  it.each(['', 'x', '3:x', '-2', '7:3', '99999999999'])('%s is refused as an argument', (text) => {
    expect(refusal(() => parseRange(text))).toMatch(/^2 /);
  });
});

it('an ACK is one line, whatever it echoes', () => {
  expect(ackLine(5, 2, 'a\nb', 'OK\nx')).toBe('ACK [5@2] {a b} OK x\n');
});
