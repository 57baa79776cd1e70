import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from '../components/buttons.js';
import type { Player } from '../../src/protocol/player.js';
import type { SyncReport } from '../../src/protocol/sync.js';
import { groupText } from '../state/group.js';
import { TIGHTNESS } from '../state/outcome-words.js';
import { useStore } from '../state/store.js';
import { msText, syncBadge } from '../state/sync-badge.js';
import type { SyncMoment } from '../state/sync-log.js';
import {
  clockText,
  correctionText,
  signedMs,
  skewText,
  spokenSync,
  spreadOf,
  STATE_TEXT,
  trendText,
} from '../state/sync-words.js';
import { SyncStrip } from './sync-strip.js';

/** How far each player of a room is from where the music should be, as it is measured. */
export function SyncView({ id }: { id: string }) {
  const store = useStore();
  const { house, sync } = store;
  const known = house.rooms.value?.find(({ room_id }) => room_id === id);
  const chosen = house.roomId.value === id;
  useEffect(() => {
    if (known && !chosen) house.select(id);
  }, [known !== undefined, chosen]);
  const players = chosen ? house.roomPlayers.value : [];
  const now = chosen ? sync.now.value : undefined;
  useSpoken(now, players);
  return (
    <section class="view" aria-label="Sync">
      <header class="view-header back-header">
        <IconButton
          icon="back"
          label="Back to the rooms"
          offline
          onClick={() => store.router.go({ view: 'rooms' })}
        />
        <h2>In sync?</h2>
      </header>
      <div class="scroller sync">
        <Summary name={known?.name} players={players} now={now} />
        <ul class="sync-players">
          {players.map((player) => (
            <SyncPlayer key={player.player_id} player={player} now={now} moments={sync.moments.value} />
          ))}
        </ul>
        <p class="hint page-end">
          The line is where a player was heard in the last minute, up is ahead. The shade around it is how far
          the number may be wrong. The bright band is one millisecond to either side: within it nobody hears a
          difference.
        </p>
        <p class="hint">{clockText(store.client.clockQuality())}</p>
      </div>
    </section>
  );
}

/** Told again no sooner than this, and only when something changed. */
const SPOKEN_EVERY_MS = 12_000;

function useSpoken(now: SyncMoment | undefined, players: readonly Player[]): void {
  const { spoken } = useStore();
  const text = spokenSync(now, players);
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    const tell = (): void => {
      spoken.value = latest.current;
    };
    const timer = setInterval(tell, SPOKEN_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
}

interface SummaryProps {
  readonly name: string | undefined;
  readonly players: readonly Player[];
  readonly now: SyncMoment | undefined;
}

function Summary({ name, players, now }: SummaryProps) {
  const badge = syncBadge(now, players);
  const spread = now && spreadOf(now.players);
  const apart = spread === undefined ? undefined : `${msText(spread)} ms between first and last now`;
  const alone = players.length === 1 ? 'It plays alone: measured against the clock of the house' : undefined;
  return (
    <div class={`sync-summary ${badge.kind}`}>
      <p class="sync-room">{players.length > 1 ? groupText(players) : (name ?? 'There is no such room')}</p>
      <p class="sync-verdict">{now ? badge.text : name === undefined ? '' : 'Nothing is measured now'}</p>
      <p class="dim">{now ? (apart ?? alone ?? '\u00a0') : 'Numbers come while the room plays'}</p>
    </div>
  );
}

interface SyncPlayerProps {
  readonly player: Player;
  readonly now: SyncMoment | undefined;
  readonly moments: readonly SyncMoment[];
}

function SyncPlayer({ player, now, moments }: SyncPlayerProps) {
  const { player_id, name } = player;
  const report = now?.players.find((one) => one.player_id === player_id);
  const state = report?.state ?? 'unmeasured';
  return (
    <li class={`sync-player ${state}`}>
      <div class="sync-head">
        <h3>{name}</h3>
        <p class={`sync-state ${state}`}>{report ? STATE_TEXT[state] : '\u00a0'}</p>
      </div>
      <Skew report={report} />
      <SyncStrip player_id={player_id} moments={moments} />
      <Numbers report={report} />
      <p class="sync-why">{report && now ? correctionText(report.correction, now.at_us) : '\u00a0'}</p>
      <p class="sync-class">{TIGHTNESS[player.sync_class]}</p>
    </li>
  );
}

function Skew({ report }: { report: SyncReport | undefined }) {
  if (!report?.skew_ms)
    return (
      <p class="sync-now">
        <span class="dim">{report ? 'not measured' : '–'}</span>
      </p>
    );
  const { now } = report.skew_ms;
  return (
    <p class="sync-now">
      <span aria-hidden="true">
        {signedMs(now)} <small>ms</small>
      </span>
      <span class="visually-hidden">{skewText(now)}</span>
      {report.estimated && <em class="estimate">an estimate</em>}
    </p>
  );
}

function Numbers({ report }: { report: SyncReport | undefined }) {
  const skew = report?.skew_ms;
  const facts: readonly (readonly [string, string])[] = [
    ['Half the time within', skew ? `±${msText(skew.p50)} ms` : '–'],
    ['95 % within', skew ? `±${msText(skew.p95)} ms` : '–'],
    ['Trend', trendText(report?.trend_ms_per_minute)],
    ['Sure to', report?.error_ms === undefined ? '–' : `±${msText(report.error_ms)} ms`],
  ];
  return (
    <dl class="sync-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
