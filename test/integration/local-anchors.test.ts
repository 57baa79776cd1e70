import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { DrivenLink, pause, type FactOf } from '../contracts/driven-link.js';
import { ModelMpv } from './local-model.js';

type Playback = FactOf<'playback'>;

/** Far below what mpv is wrong by at first, far above what a busy machine adds to a good look. */
const EXACT_SECONDS = 0.005;
const WRONG_SECONDS = 0.025;
/** Every 8 s it says where it is in any case. */
const SOON_US = 5e6;

let model: ModelMpv;
let link: DrivenLink;

beforeEach(async () => {
  model = await ModelMpv.start({ paused: true });
  link = await DrivenLink.connect({ definition: local, options: {}, runtimeDir: model.fake.dir });
});

afterEach(async () => {
  await model.close();
  await link.close();
});

const off = ({ position_seconds, at_us }: Playback): number =>
  Math.abs(position_seconds - model.placeAt(at_us));
const isExact = (fact: Playback): boolean => off(fact) < EXACT_SECONDS;
const plays = (ref: string) => link.next('playback', `${ref} plays`, (fact) => isOf(fact, ref));
const isOf = (fact: Playback, ref: string): boolean => fact.ref === ref && fact.status === 'playing';

async function play(): Promise<Playback> {
  await link.run({ type: 'play' });
  return plays('song');
}

describe('where an mpv on its own is', () => {
  it('is told exactly soon after it goes on, although mpv was wrong at first', async () => {
    model.wrongBy = WRONG_SECONDS;
    const first = await play();
    model.wrongBy = 0;
    const exact = await link.next('playback', 'the right place', isExact);
    expect(exact.at_us - first.at_us).toBeLessThan(SOON_US);
  });

  it('is told exactly soon after a seek', async () => {
    await play();
    model.wrongBy = WRONG_SECONDS;
    await link.run({ type: 'seek', position_seconds: 50 });
    const sought = await link.next('playback', 'the seek', (fact) => fact.position_seconds > 49);
    model.wrongBy = 0;
    const exact = await link.next(
      'playback',
      'the right place',
      (fact) => fact.position_seconds > 49 && isExact(fact),
    );
    expect(exact.at_us - sought.at_us).toBeLessThan(SOON_US);
  });

  it('is told exactly soon after it went on to the next item', async () => {
    await play();
    link.forget();
    model.wrongBy = WRONG_SECONDS;
    model.goOn('next', 0);
    const first = await plays('next');
    model.wrongBy = 0;
    const exact = await link.next(
      'playback',
      'the right place',
      (fact) => isOf(fact, 'next') && isExact(fact),
    );
    expect(exact.at_us - first.at_us).toBeLessThan(SOON_US);
  });

  it('is not told again when it was right', async () => {
    await play();
    link.forget();
    await pause(2500);
    const again = link.since().filter((fact) => fact.type === 'playback');
    expect(again.filter((fact) => !isExact(fact))).toEqual([]);
    expect(again.length).toBeLessThanOrEqual(2);
  });
});

describe('the next item', () => {
  /** mpv goes on in the middle of a look: what comes next is not heard for 0.4 s. */
  function goOnWhileLookedAt(ref: string): void {
    model.asked = (property) => {
      if (property !== 'audio-pts') return;
      model.asked = () => undefined;
      model.goOn(ref, -0.4);
    };
    model.fake.event({ event: 'property-change', id: 103, name: 'duration', data: 3600 });
  }

  it('is not said to play before it is heard, also when mpv went on to it while it was looked at', async () => {
    await play();
    link.forget();
    goOnWhileLookedAt('next');
    const fact = await plays('next');
    expect(off(fact)).toBeLessThan(EXACT_SECONDS);
  });

  it('is not said to begin before it is heard when it is the same once more', async () => {
    await play();
    link.forget();
    goOnWhileLookedAt('song');
    const fact = await link.next(
      'playback',
      'it begins again',
      ({ position_seconds }) => position_seconds < 5,
    );
    expect(off(fact)).toBeLessThan(EXACT_SECONDS);
  });

  it('is said to begin when its first sound will be heard, if that is still on its way', async () => {
    model.moveTo(-0.3);
    const fact = await play();
    expect(fact.position_seconds).toBe(0);
    expect(off(fact)).toBeLessThan(EXACT_SECONDS);
  });
});
