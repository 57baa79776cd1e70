import { useState } from 'preact/hooks';
import { HoldButton } from '../components/hold-button.js';
import { Slider } from '../components/slider.js';
import type { Player } from '../../src/protocol/player.js';
import type { PlayerControl } from '../state/player-control.js';
import { useStore } from '../state/store.js';

const MOST_MS = 2000;
const REACHES_MS = [100, 500, MOST_MS] as const;
const clamp = (ms: number): number => Math.max(-MOST_MS, Math.min(MOST_MS, Math.round(ms)));

/** What a latency does, in words that leave no doubt about its sign. */
export function latencyText(ms: number): string {
  if (ms === 0) return 'Plays exactly when it is told';
  return ms > 0
    ? `Plays ${ms} ms earlier, because its loudspeaker is heard late`
    : `Plays ${-ms} ms later, because its loudspeaker is heard early`;
}

/** A player's latency in steps of one millisecond, heard while it is turned. */
export function LatencyKnob({ player, control }: { player: Player; control: PlayerControl }) {
  const { house } = useStore();
  const ms = control.latency.shown.value;
  const [wide, setWide] = useState(() => reachOf(ms));
  const reach = Math.max(wide, reachOf(ms));
  const set = (next: number): void => {
    if (Number.isFinite(next)) control.latency.set(clamp(next));
  };
  const by = (step: number): void => set(control.latency.shown.peek() + step);
  return (
    <fieldset class="latency" onPointerUp={() => setWide(reachOf(control.latency.shown.peek()))}>
      <legend>In step with the others</legend>
      <div class="latency-row">
        <HoldButton icon="minus" label="Later" hint={`${player.name}: 1 ms later`} onStep={(n) => by(-n)} />
        <label class="latency-number">
          <input
            type="number"
            inputMode="numeric"
            aria-label={`Milliseconds that ${player.name} plays earlier`}
            min={-MOST_MS}
            max={MOST_MS}
            step={1}
            value={ms}
            disabled={!house.live.value}
            onChange={(event) => set(event.currentTarget.valueAsNumber)}
          />
          <span aria-hidden="true">ms</span>
        </label>
        <HoldButton icon="plus" label="Earlier" hint={`${player.name}: 1 ms earlier`} onStep={by} />
      </div>
      <Slider
        label={`How much earlier ${player.name} plays`}
        class="centred"
        value={ms}
        min={-reach}
        max={reach}
        step={1}
        text={latencyText(ms)}
        disabled={!house.live.value}
        onInput={set}
      />
      <p class="latency-words" role="status">
        {latencyText(ms)}
      </p>
      <details class="hint">
        <summary>How to find the right number</summary>
        <p>
          Group it with a second player and play something with clear beats. Stand between the two. If you
          hear this one after the other, tap Earlier; if you hear it before the other, tap Later. When the
          echo has melted into one sound, it is right.
        </p>
      </details>
    </fieldset>
  );
}

/** How far the slider goes, so that a finger can still set a millisecond. */
function reachOf(ms: number): number {
  return REACHES_MS.find((reach) => Math.abs(ms) < reach) ?? MOST_MS;
}
