import { Button } from '../components/buttons.js';
import { Sheet } from '../components/sheet.js';
import type { Player } from '../../src/protocol/player.js';
import { kindText } from '../state/kinds.js';
import { TIGHTNESS } from '../state/outcome-words.js';
import { type Store, useStore } from '../state/store.js';
import { LatencyKnob } from './latency.js';
import { usePlayerControl } from './levels.js';
import { LimitSlider } from './room-settings.js';

const LINK_TEXT = { online: 'Connected', connecting: 'Connecting…', offline: 'Offline' } as const;

/** One player: what it is, and everything about it that can be set. */
export function PlayerSheet({ player_id, onClose }: { player_id: string; onClose: () => void }) {
  const store = useStore();
  const player = store.house.players.value?.find((one) => one.player_id === player_id);
  const control = usePlayerControl(player_id);
  if (!player) return null;
  return (
    <Sheet title={player.name} onClose={onClose}>
      <Facts player={player} />
      <Outputs player={player} />
      <LatencyKnob player={player} control={control} />
      {player.capabilities.includes('volume') && (
        <LimitSlider
          label="Never louder than"
          value={control.limit.shown.value}
          onInput={(limit) => control.limit.set(limit)}
        />
      )}
      <Actions player={player} store={store} onClose={onClose} />
    </Sheet>
  );
}

function Facts({ player }: { player: Player }) {
  return (
    <dl class="facts">
      <dt>Kind</dt>
      <dd>{[kindText(player.kind), player.version].filter(Boolean).join(' ')}</dd>
      <dt>Address</dt>
      <dd>{player.address}</dd>
      <dt>Connection</dt>
      <dd>{[LINK_TEXT[player.link], player.problem].filter(Boolean).join(': ')}</dd>
      <dt>Together</dt>
      <dd>{TIGHTNESS[player.sync_class]}</dd>
    </dl>
  );
}

function Outputs({ player }: { player: Player }) {
  const store = useStore();
  const { player_id, outputs } = player;
  if (outputs.length === 0) return null;
  return (
    <fieldset class="outputs">
      <legend>Outputs</legend>
      {outputs.map(({ output_id, name, detail, active }) => (
        <label key={output_id}>
          <input
            type="checkbox"
            checked={active}
            disabled={!store.house.live.value}
            onChange={(event) =>
              void store.ask('player:output', { player_id, output_id, active: event.currentTarget.checked })
            }
          />
          <span>
            {name}
            {detail !== undefined && <small class="dim"> ({detail})</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface ActionsProps {
  readonly player: Player;
  readonly store: Store;
  readonly onClose: () => void;
}

function Actions({ player, store, onClose }: ActionsProps) {
  const { player_id, room_id, name } = player;
  const room = store.house.rooms.value?.find((one) => one.room_id === room_id);
  return (
    <div class="play-buttons pair">
      <Button
        icon="edit"
        label="Rename room"
        disabled={!room}
        onClick={() =>
          (store.sheet.value = { kind: 'rename', what: 'room', id: room_id, name: room?.name ?? '' })
        }
      />
      <Button
        icon="edit"
        label="Rename player"
        onClick={() => (store.sheet.value = { kind: 'rename', what: 'player', id: player_id, name })}
      />
      <Button
        icon="settings"
        label="Room settings"
        disabled={!room}
        onClick={() => (store.sheet.value = { kind: 'room-settings', room_id })}
      />
      <Button
        icon="group"
        label="Group"
        disabled={!room}
        onClick={() => (store.sheet.value = { kind: 'group', room_id })}
      />
      {player.origin === 'added' && (
        <Button
          icon="trash"
          label="Forget this player"
          onClick={() => {
            onClose();
            void store.ask('player:remove', { player_id });
          }}
        />
      )}
    </div>
  );
}
