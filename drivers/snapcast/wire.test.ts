import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BASE_BYTES,
  encode,
  encodeChunkHead,
  encodeCodecHeader,
  encodeSettings,
  encodeTime,
  Hello,
  MESSAGE,
  MessageReader,
  readJson,
  readTime,
  type Message,
} from './wire.js';

const base = { id: 7, refersTo: 3, sent_us: 1_234_567_890 };
const hello = (body: unknown): Buffer => {
  const text = Buffer.from(JSON.stringify(body));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return encode({ ...base, type: MESSAGE.hello }, Buffer.concat([length, text]));
};
const only = (bytes: Buffer): Message => {
  const [message, ...more] = new MessageReader().push(bytes);
  if (!message || more.length > 0) throw new Error('not one message');
  return message;
};

const message = fc.record({
  type: fc.integer({ min: 0, max: 65_535 }),
  id: fc.integer({ min: 0, max: 65_535 }),
  refersTo: fc.integer({ min: 0, max: 65_535 }),
  sent_us: fc.integer({ min: -1e15, max: 1e15 }),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

describe('messages', () => {
  it('come out as they went in, however the stream was cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(200)), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(({ body, ...head }) => encode(head, body)));
        const reader = new MessageReader();
        const read: Message[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          read.push(...reader.push(stream.subarray(at, at + cut)));
          at += cut;
        }
        expect(read).toEqual(messages);
      }),
    );
  });

  it('longer than a client may send are refused before they are held', () => {
    const head = encode({ ...base, type: MESSAGE.hello }, Buffer.alloc(0));
    head.writeUInt32LE(0xffff_ffff, 22);
    expect(() => new MessageReader().push(head)).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
  });

  it('of any bytes either come out or are refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const reader = new MessageReader();
        try {
          for (const read of reader.push(Buffer.from(bytes))) readJson(read, Hello);
        } catch (error) {
          expect(error).toMatchObject({
            code: expect.stringMatching(/^ERR_(TOO_LARGE|BAD_MESSAGE)$/) as unknown,
          });
        }
      }),
    );
  });

  it('carry times before and after the start of the clock to the microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e15, max: 1e15 }), (us) => {
        const { body } = only(encodeTime(base, us));
        expect(readTime(body, 0)).toBe(us);
        expect(body.readInt32LE(4)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('what a client says', () => {
  it('is read when it says more than we know, such as Auth', () => {
    const said = {
      ID: 'aa:bb',
      HostName: 'pi',
      Auth: { scheme: 'Basic', param: 'x' },
      SnapStreamProtocolVersion: 2,
    };
    expect(readJson(only(hello(said)), Hello)).toEqual(said);
  });

  it.each([[{}], [{ ID: '' }], [{ ID: 5 }], [{ ID: 'x'.repeat(129) }], ['text'], [null]])(
    'is refused when it is %j',
    (said) => {
      expect(() => readJson(only(hello(said)), Hello)).toThrow(
        expect.objectContaining({ code: 'ERR_BAD_MESSAGE' }),
      );
    },
  );

  it('is refused when the text claims to be longer than its message', () => {
    const lying = hello({ ID: 'x' });
    lying.writeUInt32LE(10_000, BASE_BYTES);
    expect(() => readJson(only(lying), Hello)).toThrow(expect.objectContaining({ code: 'ERR_BAD_MESSAGE' }));
  });
});

describe('what we say', () => {
  it('lays out a codec header as length, name, length, header', () => {
    const { type, body } = only(encodeCodecHeader(base, 'pcm', Buffer.from('RIFF')));
    expect(type).toBe(1);
    expect(body.toString('latin1')).toBe('\x03\0\0\0pcm\x04\0\0\0RIFF');
  });

  it('puts the size of the sound and its timestamp before it', () => {
    const head = encodeChunkHead(base, 5_000_001.4, 100);
    expect(head.readUInt16LE(0)).toBe(2);
    expect(head.readUInt32LE(22)).toBe(112);
    expect(readTime(head, BASE_BYTES)).toBe(5_000_001);
    expect(head.readUInt32LE(BASE_BYTES + 8)).toBe(100);
  });

  it('answers a Hello with settings that refer to it', () => {
    const settings = { bufferMs: 400, latency: -5, muted: true, volume: 37 };
    const answer = only(encodeSettings({ ...base, refersTo: 9 }, settings));
    expect(answer).toMatchObject({ type: 3, refersTo: 9 });
    expect(JSON.parse(answer.body.toString('utf8', 4))).toEqual(settings);
  });
});
