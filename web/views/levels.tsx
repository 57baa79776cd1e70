import { useEffect, useMemo } from 'preact/hooks';
import { IconButton } from '../components/buttons.js';
import { Sheet } from '../components/sheet.js';
import { Slider } from '../components/slider.js';
import type { Player } from '../../src/protocol/player.js';
import type { Room } from '../../src/protocol/room.js';
import { membersOf } from '../state/group.js';
import { limitText, ownText } from '../state/limit-words.js';
import { minuteOfDay } from '../state/limits.js';
import { PlayerControl } from '../state/player-control.js';
import { doorOf } from '../state/door.js';
import { useStore } from '../state/store.js';
import { useCap } from './cap.js';

/** The knobs of one player, for as long as they are on the page. */
export function usePlayerControl(player_id: string): PlayerControl {
  const { controls, house } = useStore();
  const control = useMemo(() => new PlayerControl(controls, house, player_id), [player_id]);
  useEffect(() => () => control.close(), [control]);
  return control;
}

/** A slider and mute for each player of a room, and the house's rules for it. */
export function Levels({ room }: { room: Room }) {
  const store = useStore();
  const { house } = store;
  const own = ownText(doorOf(store).you.value?.role, house.system.value?.role_limits);
  const rules = [limitText(room, minuteOfDay()), own].filter((text) => text !== undefined);
  return (
    <div class="levels">
      <ul>
        {membersOf(room, house.players.value).map((player) => (
          <Level key={player.player_id} player={player} room={room} />
        ))}
      </ul>
      {rules.length > 0 && <p class="rules">{rules.join('. ')}</p>}
    </div>
  );
}

function Level({ player, room }: { player: Player; room: Room }) {
  const { house } = useStore();
  const control = usePlayerControl(player.player_id);
  const muted = control.muted.shown.value;
  const percent = Math.round(control.volume.shown.value * 100);
  const { limit, onHeld } = useCap(room, player);
  const away = player.link !== 'online';
  if (!player.capabilities.includes('volume') && !away)
    return (
      <li class="level">
        <span class="level-name">{player.name}</span>
        <p class="dim">Set on the amplifier</p>
      </li>
    );
  return (
    <li class={`level volume ${muted ? 'is-muted' : ''}`}>
      <span class="level-name">
        {player.name}
        {away && <span class="dim"> · not connected</span>}
      </span>
      <IconButton
        icon={muted ? 'muted' : 'volume'}
        label={muted ? `Unmute ${player.name}` : `Mute ${player.name}`}
        pressed={muted}
        disabled={away}
        onClick={() => control.muted.set(!muted)}
      />
      <Slider
        label={`Volume of ${player.name} alone`}
        value={percent}
        max={100}
        step={1}
        limit={limit}
        onHeld={onHeld}
        text={muted ? `${percent} percent, muted` : `${percent} percent`}
        disabled={away || !house.live.value}
        onInput={(value) => control.volume.set(value / 100)}
      />
      <span class="percent" aria-hidden="true">
        {percent}
      </span>
    </li>
  );
}

export function LevelsSheet({ room, onClose }: { room: Room; onClose: () => void }) {
  return (
    <Sheet title={`Volume in ${room.name}`} onClose={onClose}>
      <Levels room={room} />
    </Sheet>
  );
}
