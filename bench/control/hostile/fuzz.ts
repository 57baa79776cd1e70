import fc from 'fast-check';
import { frame } from './bytes.js';
import { HostileLine, type LineChoice } from './line.js';

/** The server lets a connection go when the other side has; this long it may take on a busy machine. */
const GONE_MS = 20_000;

const TYPES = [
  'ping',
  'clock',
  'subscribe',
  'unsubscribe',
  'resume',
  'auth',
  'auth:refresh',
  'room:list',
  'room:volume',
  'queue:add',
  'library:search',
  '__proto__',
  'toString',
];

const command = fc
  .record({
    id: fc.oneof(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 1 })),
    type: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...TYPES) },
      { weight: 1, arbitrary: fc.string() },
    ),
    data: fc.oneof(fc.jsonValue(), fc.record({ topics: fc.array(fc.string(), { maxLength: 3 }) })),
  })
  .map((value) => Buffer.from(JSON.stringify(value)));

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((found) => Buffer.from(found));

const payload = fc.oneof({ weight: 4, arbitrary: command }, { weight: 1, arbitrary: bytes(300) });

const mask = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((found) => Buffer.from(found));
/** Frames as they should be. */
const legal = fc
  .record({ opcode: fc.constantFrom(0, 1, 1, 1, 1, 2, 9, 10), fin: fc.boolean(), payload, mask })
  .map((choice) =>
    frame(choice.opcode > 8 ? { ...choice, fin: true, payload: choice.payload.subarray(0, 125) } : choice),
  );
/** Frames that break a rule somewhere, or say a length they do not have. */
const lying = fc
  .record({
    opcode: fc.nat(15),
    fin: fc.boolean(),
    rsv: fc.constantFrom(0, 0, 0, 1, 2, 4, 7),
    payload,
    mask: fc.oneof({ weight: 3, arbitrary: mask }, { weight: 1, arbitrary: fc.constant(false as const) }),
  })
  .chain((choice) =>
    fc
      .option(fc.oneof(fc.nat(70_000), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), { nil: undefined })
      .map((says) => frame(says === undefined ? choice : { ...choice, says })),
  );

/** What one connection sends, and where its writes are cut. */
const stream = fc.record({
  pieces: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: legal },
      { weight: 3, arbitrary: lying },
      { weight: 1, arbitrary: bytes(60) },
    ),
    { maxLength: 8 },
  ),
  cuts: fc.array(fc.nat(400), { maxLength: 4 }),
  /** It leaves in the middle of it, without a word. */
  rude: fc.boolean(),
  deflate: fc.boolean(),
});

export interface FuzzFound {
  readonly runs: number;
  /** How often connections ended with which code. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Rejects, with the smallest bytes that do it, when the server does not let a connection go. */
export async function fuzz(
  choice: LineChoice,
  { runs, seed, atOnce = 1 }: { readonly runs: number; readonly seed: number; readonly atOnce?: number },
): Promise<FuzzFound> {
  const codes: Record<string, number> = {};
  let done = 0;
  const property = fc.asyncProperty(stream, async ({ pieces, cuts, rude, deflate }) => {
    const line = await HostileLine.open({ ...choice, deflate });
    let rest = Buffer.concat(pieces);
    for (const cut of cuts) {
      line.write(rest.subarray(0, cut));
      rest = rest.subarray(cut);
      await new Promise((resolve) => setImmediate(resolve));
    }
    line.write(rest);
    if (rude) line.destroy();
    else line.end();
    const gone = await line.until(() => line.closeCode !== undefined, GONE_MS);
    line.destroy();
    if (!gone) throw new Error('the server kept a connection that had ended');
    const code = rude ? 'left' : String(line.closeCode);
    codes[code] = (codes[code] ?? 0) + 1;
    done += 1;
  });
  const each = Math.ceil(runs / atOnce);
  await Promise.all(
    Array.from({ length: atOnce }, (_, n) => fc.assert(property, { numRuns: each, seed: seed + n })),
  );
  return { runs: done, codes };
}
