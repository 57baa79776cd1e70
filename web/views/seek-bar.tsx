import { useLayoutEffect, useRef } from 'preact/hooks';
import { positionAt } from '../../src/sync/timeline.js';
import { fillTo } from '../components/slider.js';
import { clockTime, spokenTime } from '../state/format.js';
import { canSeek, isLive } from '../state/notice.js';
import { useStore } from '../state/store.js';
import { useDrawing } from './hooks.js';

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -5,
  ArrowDown: -5,
  ArrowRight: 5,
  ArrowUp: 5,
  PageDown: -30,
  PageUp: 30,
};

/** What screen readers read is never further from the truth than about this, seconds. What is seen is drawn only when a pixel changes. */
const EXACT = 0.07;

/** Where the music is. It moves by the server's clock between two messages, and only while somebody can see it move. */
export function SeekBar() {
  const store = useStore();
  const { house, position } = store;
  const input = useRef<HTMLInputElement>(null);
  const elapsed = useRef<HTMLSpanElement>(null);
  const dragged = useRef<number | undefined>(undefined);
  const drawn = useRef({ pixel: -1, second: -1, pixels: 400 });
  const duration = house.playback.value?.duration_seconds;
  const live = isLive(house.playback.value);

  const now = (): number => {
    const timeline = position.pending.value ? position.shown.value : house.timeline.value;
    const end = house.playback.value?.duration_seconds;
    return timeline && Number.isFinite(store.nowUs) ? positionAt(timeline, store.nowUs, end) : 0;
  };
  const draw = (): number | undefined => {
    const seconds = dragged.current ?? now();
    const end = house.playback.value?.duration_seconds ?? 0;
    const rate = house.live.value ? (house.timeline.value?.rate ?? 0) : 0;
    const moves = dragged.current === undefined && rate > 0 && end > 0 && seconds < end;
    const bar = input.current;
    const { pixels } = drawn.current;
    const pixel = end > 0 ? Math.round((seconds / end) * pixels) : 0;
    const newPixel = pixel !== drawn.current.pixel;
    // A little ahead while it moves: it stands until the truth is as far on the other side.
    if (
      bar &&
      (newPixel || !moves || bar.valueAsNumber <= seconds - EXACT || bar.valueAsNumber > seconds + EXACT)
    )
      bar.value = String(moves ? seconds + EXACT : seconds);
    if (bar && newPixel) fillTo(bar, seconds, end);
    const second = Math.floor(seconds);
    if (second !== drawn.current.second) {
      if (elapsed.current) elapsed.current.textContent = clockTime(seconds);
      bar?.setAttribute('aria-valuetext', `${spokenTime(seconds)} of ${spokenTime(end)}`);
      if (bar) drawn.current.pixels = Math.max(100, bar.clientWidth * devicePixelRatio);
    }
    Object.assign(drawn.current, { pixel, second });
    if (!moves) return undefined;
    const nextPixel = ((pixel + 0.5) / pixels) * end;
    const nextValue = (bar?.valueAsNumber ?? seconds) + EXACT;
    return ((Math.min(nextPixel, nextValue, second + 1) - seconds) / rate) * 1000;
  };
  useDrawing(draw);
  // A slider keeps its value within its old end until it has the new one.
  useLayoutEffect(() => {
    drawn.current.pixel = -1;
    draw();
  }, [duration, live]);

  if (live) return <LiveMark playing={store.control.playing.shown.value} />;
  return (
    <div class="seek">
      <input
        ref={input}
        type="range"
        class="slider"
        aria-label="Position"
        min={0}
        max={duration ?? 1}
        step="any"
        disabled={
          !house.live.value || store.guest.value || !canSeek(house.playback.value, house.roomPlayers.value)
        }
        onInput={(event) => {
          dragged.current = event.currentTarget.valueAsNumber;
          draw();
        }}
        onChange={(event) => {
          dragged.current = undefined;
          store.seek(event.currentTarget.valueAsNumber);
        }}
        onKeyDown={(event) => {
          const step = event.altKey || event.metaKey ? undefined : STEPS[event.key];
          if (step === undefined) return;
          event.preventDefault();
          store.seek(Math.max(0, Math.min(duration ?? 0, now() + step)));
        }}
      />
      <div class="times" aria-hidden="true">
        <span ref={elapsed}>0:00</span>
        <span>{duration === undefined ? '–:––' : clockTime(duration)}</span>
      </div>
    </div>
  );
}

function LiveMark({ playing }: { playing: boolean }) {
  return (
    <div class="seek live">
      <span class={`live-mark ${playing ? 'on' : ''}`}>LIVE</span>
    </div>
  );
}
