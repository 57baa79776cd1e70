import { OPCODE } from '../../load/ws-bytes.js';
import { closeFrame, frame } from './bytes.js';
import { HostileLine, type LineChoice } from './line.js';

/** What a server has to do about some bytes: answer our `ping` command with this id, send these pongs, or close with one of these codes. What was asked in the same tick as the fault may stay unanswered. */
interface Expected {
  readonly replies?: readonly string[];
  readonly pongs?: readonly string[];
  readonly close?: readonly number[];
}

export interface ConformanceCase {
  readonly name: string;
  readonly writes: readonly Buffer[];
  readonly expected: Expected;
}

const WAIT_MS = 5_000;
/** Bytes of the longest message the server takes, as its configuration has it by default. */
const MAX_MESSAGE = 65_536;

/** Our own command that says its id again: what an echo is to other suites. */
function ask(id: string, size = 0): string {
  const text = JSON.stringify({ id, type: 'ping' });
  return text + ' '.repeat(Math.max(0, size - Buffer.byteLength(text)));
}

const text = (payload: Buffer | string, more: object = {}): Buffer => frame({ payload, ...more });
const more = (payload: Buffer | string, fin: boolean): Buffer => frame({ opcode: 0, payload, fin });
const ping = (payload: Buffer | string = ''): Buffer => frame({ opcode: 9, payload });
const closes = (...close: number[]): Expected => ({ close });
const replies = (...ids: string[]): Expected => ({ replies: ids });

function single(name: string, bytes: Buffer, expected: Expected): ConformanceCase {
  return { name, writes: [bytes], expected };
}

function framing(): ConformanceCase[] {
  const sizes = [30, 125, 126, 127, 128, 4096, MAX_MESSAGE - 1, MAX_MESSAGE];
  const whole = text(ask('a', 200));
  return [
    ...sizes.map((size) => single(`a text of ${size} bytes`, text(ask('a', size)), replies('a'))),
    single('a text that is one byte too long', text(ask('a', MAX_MESSAGE + 1)), closes(1009)),
    single('an empty text', text(''), {}),
    {
      name: 'a text in writes of one byte',
      writes: Array.from(whole, (_, at) => whole.subarray(at, at + 1)),
      expected: replies('a'),
    },
    single(
      'three texts in one write',
      Buffer.concat(['a', 'b', 'c'].map((id) => text(ask(id)))),
      replies('a', 'b', 'c'),
    ),
    single('a mask of zeros', text(ask('a'), { mask: Buffer.alloc(4) }), replies('a')),
    ...[1, 2, 8, 9, 10].map((opcode) =>
      single(`opcode ${opcode} without a mask`, frame({ opcode, payload: 'xx', mask: false }), closes(1002)),
    ),
    single('a length of 2^53', text('', { says: 2n ** 53n }), closes(1009)),
    single('a length of 2^64 - 1', text('', { says: 2n ** 64n - 1n }), closes(1009)),
    single('a length far above the limit, and nothing after', text('', { says: 1 << 30 }), closes(1009)),
  ];
}

function pings(): ConformanceCase[] {
  const long = 'p'.repeat(125);
  return [
    single('a ping', ping('x'), { pongs: ['x'] }),
    single('an empty ping', ping(), { pongs: [''] }),
    single('the longest ping', ping(long), { pongs: [long] }),
    single('a ping of bytes that are no text', ping(Buffer.from([0, 255, 254])), { pongs: ['\u0000ÿþ'] }),
    single('a ping that is too long', ping('p'.repeat(126)), closes(1002)),
    single('a ping in two parts', frame({ opcode: 9, fin: false, payload: 'x' }), closes(1002)),
    single('ten pings', Buffer.concat(Array.from({ length: 10 }, (_, n) => ping(String(n)))), {
      pongs: Array.from({ length: 10 }, (_, n) => String(n)),
    }),
    single(
      'a pong nobody asked for',
      Buffer.concat([frame({ opcode: 10, payload: '7' }), text(ask('a'))]),
      replies('a'),
    ),
    single('a pong that is too long', frame({ opcode: 10, payload: 'p'.repeat(126) }), closes(1002)),
  ];
}

function reserved(): ConformanceCase[] {
  const bits = [1, 2, 3, 4, 5, 6, 7];
  return [
    ...[1, 2, 8, 9, 10].flatMap((opcode) =>
      bits.map((rsv) =>
        single(
          `reserved bits ${rsv} on opcode ${opcode}`,
          frame({ opcode, rsv, payload: 'xx' }),
          closes(1002),
        ),
      ),
    ),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
      single(`reserved opcode ${opcode}`, frame({ opcode }), closes(1002)),
      single(`reserved opcode ${opcode} with bytes`, frame({ opcode, payload: 'xx' }), closes(1002)),
    ]),
    single(
      'a good text before a reserved opcode',
      Buffer.concat([text(ask('a')), frame({ opcode: 3 })]),
      closes(1002),
    ),
  ];
}

function fragments(): ConformanceCase[] {
  const whole = Buffer.from(ask('a'));
  const parts = (count: number): Buffer[] => [
    text(whole, { fin: false }),
    ...Array.from({ length: count - 2 }, () => more(' ', false)),
    more(' ', true),
  ];
  return [
    single(
      'two fragments',
      Buffer.concat([text(whole.subarray(0, 5), { fin: false }), more(whole.subarray(5), true)]),
      replies('a'),
    ),
    single(
      'empty fragments',
      Buffer.concat([text('', { fin: false }), more(whole, false), more('', true)]),
      replies('a'),
    ),
    single('64 fragments', Buffer.concat(parts(64)), replies('a')),
    single('65 fragments', Buffer.concat(parts(65)), closes(1008)),
    single(
      'fragments that are too long together',
      Buffer.concat([text(' '.repeat(40_000), { fin: false }), more(' '.repeat(40_000), true)]),
      closes(1009),
    ),
    {
      name: 'a ping between fragments',
      writes: [text(whole.subarray(0, 5), { fin: false }), ping('x'), more(whole.subarray(5), true)],
      expected: { ...replies('a'), pongs: ['x'] },
    },
    single('a continuation of nothing', more('x', true), closes(1002)),
    single('an open continuation of nothing', more('x', false), closes(1002)),
    single('a continuation after the end', Buffer.concat([text(ask('a')), more('x', true)]), closes(1002)),
    single('a text inside a text', Buffer.concat([text('x', { fin: false }), text('y')]), closes(1002)),
    single(
      'a binary inside a text',
      Buffer.concat([text('x', { fin: false }), frame({ opcode: 2 })]),
      closes(1002),
    ),
    single(
      'a close between fragments',
      Buffer.concat([text('x', { fin: false }), closeFrame(1000)]),
      closes(1000),
    ),
  ];
}

/** Lists of the kind everybody tests with: valid ends of ranges, then overlong forms, surrogates, cut and stray bytes. */
const GOOD_TEXTS = [
  'κόσμε',
  'Hello-µ@ßöäüàá-UTF-8!!',
  '𐀀',
  '\u{10ffff}',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '🎵',
];
const BAD_TEXTS = [
  'cebae1bdb9cf83cebcceb5eda080656469746564',
  '80',
  'bf',
  '8080',
  'c0',
  'c1',
  'f5',
  'ff',
  'fe',
  'c080',
  'c0af',
  'e080af',
  'f08080af',
  'f8808080af',
  'eda080',
  'edbfbf',
  'f4908080',
  'c3',
  'e282',
  'f09f8e',
  'c328',
  'e28228',
  'f0288cbc',
];

function encodings(): ConformanceCase[] {
  const [note = ''] = GOOD_TEXTS.slice(-1);
  const whole = Buffer.from(ask(note));
  const middle = whole.indexOf(Buffer.from(note)) + 2;
  return [
    ...GOOD_TEXTS.map((id) => single(`the text ${JSON.stringify(id)}`, text(ask(id)), replies(id))),
    ...BAD_TEXTS.map((hex) =>
      single(`the bytes ${hex} as text`, text(Buffer.from(hex, 'hex')), closes(1007)),
    ),
    single(
      'a character in two fragments',
      Buffer.concat([text(whole.subarray(0, middle), { fin: false }), more(whole.subarray(middle), true)]),
      replies(note),
    ),
    single(
      'a character that never ends',
      Buffer.concat([text(Buffer.from([0xf0, 0x9f]), { fin: false }), more('', true)]),
      closes(1007),
    ),
  ];
}

function goodbyes(): ConformanceCase[] {
  const good = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
  ];
  const bad = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
  return [
    ...good.map((code) => single(`close ${code}`, closeFrame(code), closes(code))),
    ...bad.map((code) => single(`close ${code}, which nobody may say`, closeFrame(code), closes(1002))),
    single('close without a code', frame({ opcode: 8 }), closes(1000, 1005)),
    single('close with half a code', frame({ opcode: 8, payload: 'x' }), closes(1002)),
    single('close with the longest reason', closeFrame(1000, 'r'.repeat(123)), closes(1000)),
    single('close with a reason that is too long', closeFrame(1000, 'r'.repeat(124)), closes(1002)),
    single(
      'close with a reason that is no text',
      closeFrame(1000, Buffer.from([0xce, 0xba, 0xed, 0xa0, 0x80])),
      closes(1007),
    ),
    single(
      'a text and a ping after close',
      Buffer.concat([closeFrame(1000), text(ask('a')), ping('x')]),
      closes(1000),
    ),
    single('two closes', Buffer.concat([closeFrame(1000), closeFrame(1001)]), closes(1000)),
  ];
}

export const CONFORMANCE: readonly ConformanceCase[] = [
  ...framing(),
  ...pings(),
  ...reserved(),
  ...fragments(),
  ...encodings(),
  ...goodbyes(),
  { name: 'bytes that come with the request', writes: [], expected: replies('early') },
];

/** What went wrong, or undefined. Every case that does not close the connection must leave it alive. */
export async function conforms(
  choice: LineChoice,
  { writes, expected }: ConformanceCase,
): Promise<string | undefined> {
  const early = writes.length === 0 ? { early: text(ask('early')) } : {};
  const line = await HostileLine.open({ ...choice, ...early });
  try {
    for (const bytes of writes) line.write(bytes);
    if (expected.close === undefined) line.write(text(ask('still here')));
    const heardAll = (): boolean => wrong(line, expected) === undefined;
    await line.until(heardAll, WAIT_MS);
    return wrong(line, expected);
  } finally {
    line.destroy();
  }
}

function wrong(
  { heard, closeCode }: HostileLine,
  { close, pongs = [], replies: ids = [] }: Expected,
): string | undefined {
  const said = heard
    .filter(({ opcode }) => opcode === OPCODE.text)
    .map(({ payload }) => /"type":"pong","id":"(.*?)","timestamp"/.exec(payload.toString())?.[1])
    .filter((id) => id !== undefined);
  const wanted = close === undefined ? [...ids, 'still here'] : said;
  if (said.join() !== wanted.join())
    return `answers ${said.join()} instead of ${wanted.join()}, ended with ${closeCode}`;
  const ponged = heard
    .filter(({ opcode }) => opcode === OPCODE.pong)
    .map(({ payload }) => payload.toString('latin1'));
  if (ponged.join() !== pongs.join()) return `pongs ${ponged.join()} instead of ${pongs.join()}`;
  if (close === undefined) return closeCode === undefined ? undefined : `ended with ${closeCode}`;
  return close.includes(closeCode ?? 0) ? undefined : `ended with ${closeCode} instead of ${close.join()}`;
}
