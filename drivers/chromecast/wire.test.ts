import { describe, expect, it } from 'vitest';
import { Eyes } from './sight.js';
import { MediaStatus, readEnvelope, ReceiverStatus, type MediaState } from './wire.js';

const OURS = { tutti: { mark: 'our-mark-1', ref: 'item-1', live: false } };

function status(fields: Readonly<Record<string, unknown>>): MediaState {
  const one = { mediaSessionId: 1, playerState: 'PLAYING', currentTime: 1, ...fields };
  const [state] = MediaStatus.parse({ type: 'MEDIA_STATUS', status: [one] }).status;
  if (!state) throw new Error('no status');
  return state;
}

describe('what a receiver says', () => {
  it.each(['', 'null', '[]', '{', '{"type":5}', '"type"'])('is nothing when it is %j', (text) => {
    expect(readEnvelope(text)).toBeUndefined();
  });

  it('is a volume between 0 and 1, whatever it claims', () => {
    const volume = (level: unknown): number | undefined =>
      ReceiverStatus.parse({ type: 'RECEIVER_STATUS', status: { volume: { level } } }).status.volume?.level;
    expect([volume(7), volume(-1), volume('loud'), volume(null)]).toEqual([1, 0, undefined, undefined]);
  });

  it('is a position that can be one', () => {
    expect(status({ currentTime: -5 }).currentTime).toBe(0);
    expect(status({ currentTime: null }).currentTime).toBe(0);
    expect(status({ currentTime: 1e300 }).currentTime).toBe(1e8);
  });

  it('is cut where it is longer than people read', () => {
    const media = { metadata: { title: 'x'.repeat(100_000) } };
    expect(status({ media }).media?.metadata?.title).toHaveLength(500);
  });

  it('is taken although what nobody needs is strange', () => {
    const media = { duration: null, metadata: 'none', streamType: 7 };
    expect(status({ media, idleReason: {}, playbackRate: 'fast', items: 'many' })).toMatchObject({
      playerState: 'PLAYING',
      playbackRate: 1,
    });
  });
});

describe('what is seen', () => {
  it('keeps the media that a later status does not repeat', () => {
    const eyes = new Eyes();
    eyes.take(status({ media: { customData: OURS, duration: 60 } }));
    expect(eyes.take(status({ currentTime: 2 }))).toMatchObject({
      mark: OURS.tutti,
      duration_seconds: 60,
      known: true,
    });
  });

  it('knows the next item from the queue when a status only names it', () => {
    const eyes = new Eyes();
    const next = { tutti: { ...OURS.tutti, ref: 'item-2' } };
    const items = [
      { itemId: 1, media: { customData: OURS } },
      { itemId: 2, media: { duration: 9 }, customData: next },
    ];
    eyes.take(status({ currentItemId: 1, items, media: { customData: OURS } }));
    const sight = eyes.take(status({ currentItemId: 2 }));
    expect(sight).toMatchObject({ mark: next.tutti, duration_seconds: 9, known: true });
  });

  it('does not take an item that was never described for anybody’s', () => {
    const eyes = new Eyes();
    eyes.take(status({ currentItemId: 1, media: { customData: OURS } }));
    expect(eyes.take(status({ currentItemId: 7 }))).toMatchObject({ known: false, mark: undefined });
  });

  it('forgets the media of another session', () => {
    const eyes = new Eyes();
    eyes.take(status({ media: { customData: OURS } }));
    expect(eyes.take(status({ mediaSessionId: 2 })).mark).toBeUndefined();
  });
});
