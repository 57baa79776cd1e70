import { IconButton } from '../components/buttons.js';
import { Slider } from '../components/slider.js';
import type { RoomControl } from '../state/room-control.js';
import { useStore } from '../state/store.js';

/** Mute and volume of a room. */
export function VolumeBar({ control, name, fixed }: { control: RoomControl; name: string; fixed: boolean }) {
  const { house } = useStore();
  const volume = control.volume.shown.value;
  const muted = control.muted.shown.value;
  const percent = Math.round(volume * 100);
  if (fixed) return <p class="volume fixed">Volume is set on the amplifier</p>;
  return (
    <div class={`volume ${muted ? 'is-muted' : ''}`}>
      <IconButton
        icon={muted ? 'muted' : 'volume'}
        label={muted ? `Unmute ${name}` : `Mute ${name}`}
        pressed={muted}
        disabled={!control.known.value}
        onClick={() => control.muted.set(!muted)}
      />
      <Slider
        label={`Volume of ${name}`}
        value={percent}
        max={100}
        step={1}
        text={muted ? `${percent} percent, muted` : `${percent} percent`}
        disabled={!house.live.value || !control.known.value}
        onInput={(value) => control.volume.set(value / 100)}
      />
      <span class="percent" aria-hidden="true">
        {percent}
      </span>
    </div>
  );
}
