import { IconButton } from '../components/buttons.js';
import { Slider } from '../components/slider.js';
import type { RoomControl } from '../state/room-control.js';
import { useStore } from '../state/store.js';
import { useCap } from './cap.js';

interface VolumeBarProps {
  readonly control: RoomControl;
  readonly name: string;
  /** Nothing here can be turned. */
  readonly fixed: boolean;
  readonly roomId: string | undefined;
  /** Whether the members' own sliders are shown below; absent = they open as a sheet. */
  readonly expanded?: { readonly value: boolean; toggle(): void };
}

/** Mute and volume of a room; where several play, the way to each of them. */
export function VolumeBar({ control, name, fixed, roomId, expanded }: VolumeBarProps) {
  const store = useStore();
  const { house } = store;
  const volume = control.volume.shown.value;
  const muted = control.muted.shown.value;
  const percent = Math.round(volume * 100);
  const room = house.rooms.value?.find((one) => one.room_id === roomId);
  const { limit, onHeld } = useCap(room);
  const guest = store.guest.value && house.roomId.value === roomId;
  const several = room !== undefined && room.player_ids.length > 1;
  if (fixed && !several) return <p class="volume fixed">Volume is set on the amplifier</p>;
  return (
    <div class={`volume ${muted ? 'is-muted' : ''}`}>
      <IconButton
        icon={muted ? 'muted' : 'volume'}
        label={muted ? `Unmute ${name}` : `Mute ${name}`}
        pressed={muted}
        disabled={!control.known.value || guest}
        onClick={() => control.muted.set(!muted)}
      />
      <Slider
        label={`Volume of ${name}`}
        value={percent}
        max={100}
        step={1}
        limit={limit}
        onHeld={onHeld}
        text={muted ? `${percent} percent, muted` : `${percent} percent`}
        disabled={!house.live.value || !control.known.value || guest}
        onInput={(value) => control.volume.set(value / 100)}
      />
      <span class="percent" aria-hidden="true">
        {percent}
      </span>
      {several && (
        <IconButton
          icon="chevron"
          label={`Volume of each player in ${name}`}
          class={`end ${expanded?.value ? 'turned' : ''}`}
          {...(expanded ? { pressed: expanded.value } : {})}
          onClick={() => {
            if (expanded) expanded.toggle();
            else store.sheet.value = { kind: 'levels', room_id: room.room_id };
          }}
        />
      )}
    </div>
  );
}
