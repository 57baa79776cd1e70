import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand, encodeList, parseAck, ReplyParser, type Message } from './wire.js';

const GREETING = Buffer.from('OK MPD 0.23.12\n');

/** What comes out after the greeting. */
function parse(...chunks: readonly (Buffer | string)[]): Message[] {
  const parser = new ReplyParser();
  parser.push(GREETING);
  return chunks.flatMap((chunk) => parser.push(Buffer.from(chunk as string)));
}

describe('a command', () => {
  it('has its arguments quoted, with quotes and backslashes escaped', () => {
    expect(encodeCommand(['find', 'Artist', `a "b" \\ 'c'`])).toBe(`find "Artist" "a \\"b\\" \\\\ 'c'"\n`);
  });

  it('keeps an empty argument', () => {
    expect(encodeCommand(['password', ''])).toBe('password ""\n');
  });

  it.each(['\n', '\r', '\0'])('cannot smuggle in a second one', (ending) => {
    expect(() => encodeCommand(['addid', `x${ending}clear`])).toThrow('line breaks');
  });

  it('is one of a list', () => {
    expect(encodeList([['status'], ['playid', '3']])).toBe(
      'command_list_ok_begin\nstatus\nplayid "3"\ncommand_list_end\n',
    );
  });
});

describe('a reply', () => {
  it('is its pairs in order, values with colons kept whole', () => {
    expect(parse('file: a: b\nTitle: é\nTitle: \nOK\n')).toEqual([
      {
        type: 'reply',
        sections: [
          {
            pairs: [
              ['file', 'a: b'],
              ['Title', 'é'],
              ['Title', ''],
            ],
          },
        ],
      },
    ]);
  });

  it('of a list has one section for each command', () => {
    const [message] = parse('a: 1\nlist_OK\nlist_OK\nb: 2\nlist_OK\nOK\n');
    expect(message).toEqual({
      type: 'reply',
      sections: [{ pairs: [['a', '1']] }, { pairs: [] }, { pairs: [['b', '2']] }],
    });
  });

  it('may be an ACK, and the next one is whole again', () => {
    expect(parse('a: 1\nlist_OK\nACK [50@1] {playid} No such song\nOK\n')).toEqual([
      { type: 'ack', ack: { code: 50, index: 1, command: 'playid', message: 'No such song' } },
      { type: 'reply', sections: [{ pairs: [] }] },
    ]);
  });

  it('carries any bytes in a binary chunk, also lines that look like MPD', () => {
    const bytes = Buffer.from('OK\nACK [1@1] {x} y\n\xff\0', 'latin1');
    const [message] = parse(
      Buffer.concat([Buffer.from(`size: 99\nbinary: ${bytes.length}\n`), bytes, Buffer.from('\nOK\n')]),
    );
    expect(message).toMatchObject({ type: 'reply', sections: [{ pairs: [['size', '99']], binary: bytes }] });
  });

  it('is the same wherever the bytes were cut', () => {
    const text = fc.string({ unit: 'grapheme' }).map((value) => value.replace(/[\n\r\0]/g, ''));
    const section = fc.record({
      pairs: fc.array(fc.tuple(fc.constantFrom('file', 'Title', 'Å'), text)),
      binary: fc.option(fc.uint8Array({ maxLength: 50 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(section, { minLength: 1 }), fc.array(fc.nat(400)), (sections, cuts) => {
        const parts: Buffer[] = [];
        for (const { pairs, binary } of sections) {
          for (const [key, value] of pairs) parts.push(Buffer.from(`${key}: ${value}\n`));
          if (binary)
            parts.push(Buffer.from(`binary: ${binary.length}\n`), Buffer.from(binary), Buffer.from('\n'));
          parts.push(Buffer.from('list_OK\n'));
        }
        const bytes = Buffer.concat([...parts, Buffer.from('OK\n')]);
        const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((end, n) => bytes.subarray(edges[n], end));
        const expected = sections.map(({ pairs, binary }) => ({
          pairs,
          ...(binary && { binary: Buffer.from(binary) }),
        }));
        expect(parse(...chunks)).toEqual([{ type: 'reply', sections: expected }]);
      }),
    );
  });
});

describe('what is not MPD', () => {
  it.each([
    ['another greeting', 'SSH-2.0-OpenSSH\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
    ['an ACK without a code', 'OK MPD 1\nACK nonsense\n'],
    ['a line without a key', 'OK MPD 1\nhello\n'],
    ['a binary chunk without a size', 'OK MPD 1\nbinary: many\n'],
    ['a binary chunk of more than anybody sends', 'OK MPD 1\nbinary: 999999999999\n'],
    ['a binary chunk without its end', 'OK MPD 1\nbinary: 1\nabc\n'],
  ])('is refused: %s', (_, text) => {
    expect(() => new ReplyParser().push(Buffer.from(text))).toThrow(/not the MPD protocol/);
  });

  it('cannot fill the memory with one line', () => {
    const parser = new ReplyParser();
    const push = (): void => {
      for (let n = 0; n < 40; n++) parser.push(Buffer.alloc(1 << 16, 'x'));
    };
    expect(push).toThrow('an endless line');
  });
});

describe('an ACK', () => {
  it('may come without a command or text', () => {
    expect(parseAck('ACK [5@0] {} ')).toEqual({ code: 5, index: 0, command: '', message: '' });
  });

  it('is told from other lines', () => {
    expect(parseAck('OK MPD 0.23')).toBeUndefined();
  });
});
