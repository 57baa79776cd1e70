import { useEffect } from 'preact/hooks';
import { Artwork, artworkUrl } from '../components/artwork.js';
import { ConnectionBanner } from '../components/banner.js';
import { IconButton } from '../components/buttons.js';
import { Icon, type IconName } from '../components/icon.js';
import { ToastList } from '../components/toasts.js';
import { hrefOf, type Route } from '../state/route.js';
import { useStore } from '../state/store.js';
import { useLoaded, useMedia } from './hooks.js';
import { loadMore } from './later.js';
import type { LaterRoute } from './more.js';
import { NowPlaying } from './now-playing.js';
import { QueueView } from './queue.js';

export function App() {
  const { house, router } = useStore();
  const wide = useMedia('(min-width: 900px)');
  const route = router.route.value;
  const alone = !wide && route.view === 'playing';
  return (
    <div class={`app ${wide ? 'wide' : 'narrow'} ${house.live.value ? '' : 'not-live'}`}>
      <Backdrop />
      <Header />
      {wide && (
        <aside>
          <NowPlaying />
        </aside>
      )}
      <main>
        {alone ? (
          <NowPlaying />
        ) : (
          <View route={wide && route.view === 'playing' ? { view: 'queue' } : route} />
        )}
      </main>
      <div class="foot">
        {!wide && !alone && <MiniPlayer />}
        <Tabs route={route} wide={wide} />
      </div>
      <ConnectionBanner />
      <ToastList />
      <LaterSheet />
      <Spoken />
    </div>
  );
}

function View({ route }: { route: Route }) {
  if (route.view === 'playing') return <NowPlaying />;
  if (route.view === 'queue') return <QueueView />;
  return <LaterView route={route} />;
}

function LaterView({ route }: { route: LaterRoute }) {
  const { value, failed } = useLoaded(loadMore, [route]);
  if (value) return <value.MoreView route={route} />;
  return failed ? <p class="empty">This view could not be fetched. It needs the server.</p> : null;
}

function LaterSheet() {
  const { sheet } = useStore();
  const { value } = useLoaded(loadMore, [sheet.value]);
  return value ? (
    <>
      <value.PartyKeeper />
      <value.AlarmKeeper />
      {sheet.value !== undefined && <value.OpenSheet />}
    </>
  ) : null;
}

function Header() {
  const store = useStore();
  const { house, invited } = store;
  const name = house.room.value?.name ?? '';
  return (
    <header class="top">
      {invited.value ? (
        <p class="room-button">
          <Icon name="rooms" size={22} />
          <span>{name}</span>
        </p>
      ) : (
        <a class="room-button" href={hrefOf({ view: 'rooms' })} aria-label={`Room: ${name}. Choose a room`}>
          <Icon name="rooms" size={22} />
          <span>{name || '\u00a0'}</span>
          <Icon name="chevron" size={20} />
        </a>
      )}
      <PartyButton />
      {!invited.value && (
        <IconButton
          icon="group"
          label="Play together"
          disabled={!house.room.value || store.guest.value}
          onClick={() => (store.sheet.value = { kind: 'group', room_id: store.roomId })}
        />
      )}
      <a class="icon-button" href={hrefOf({ view: 'settings' })} aria-label="Settings" title="Settings">
        <Icon name="settings" />
      </a>
    </header>
  );
}

/** To the party in this room, or the way to have one. */
function PartyButton() {
  const { house, sheet, invited } = useStore();
  const id = house.room.value?.room_id;
  // The tabs lead there.
  if (invited.value) return null;
  if (id !== undefined && house.doors.value)
    return (
      <a
        class="icon-button end on"
        href={hrefOf({ view: 'party', id })}
        aria-label="Listening party"
        title="Listening party"
      >
        <Icon name="people" />
      </a>
    );
  return (
    <IconButton
      icon="people"
      label="Open for a party"
      class="end"
      disabled={id === undefined}
      onClick={() => id !== undefined && (sheet.value = { kind: 'party-open', room_id: id })}
    />
  );
}

/** A breath of the cover's colours behind everything: one small picture, blurred once. */
function Backdrop() {
  const { track } = useStore();
  const id = track.value?.artwork_id;
  return (
    <div class="backdrop" aria-hidden="true">
      {id !== undefined && <img key={id} src={artworkUrl(id, 96)} alt="" />}
    </div>
  );
}

const TABS: readonly { to: Route; label: string; icon: IconName; views: readonly Route['view'][] }[] = [
  { to: { view: 'playing' }, label: 'Playing', icon: 'disc', views: ['playing'] },
  { to: { view: 'queue' }, label: 'Queue', icon: 'queue', views: ['queue'] },
  {
    to: { view: 'library', section: 'albums' },
    label: 'Library',
    icon: 'library',
    views: [
      'library',
      'album',
      'artist',
      'playlist',
      'problems',
      'activity',
      'music',
      'downloads',
      'imports',
      'review',
      'exports',
      'feeds',
      'schedules',
      'targets',
      'trash',
    ],
  },
  {
    to: { view: 'rooms' },
    label: 'Rooms',
    icon: 'rooms',
    views: ['rooms', 'alarms', 'sync', 'party', 'join'],
  },
];

/** In place of the rooms, for who was invited to one. */
function partyTab(id: string): (typeof TABS)[number] {
  return { to: { view: 'party', id }, label: 'Party', icon: 'people', views: ['party', 'join', 'rooms'] };
}

function Tabs({ route, wide }: { route: Route; wide: boolean }) {
  const { invited, house } = useStore();
  const all = invited.value ? [...TABS.slice(0, 3), partyTab(house.roomId.value ?? '')] : TABS;
  const tabs = wide ? all.slice(1) : all;
  const view = wide && route.view === 'playing' ? 'queue' : route.view;
  return (
    <nav class="tabs" aria-label="Views">
      {tabs.map(({ to, label, icon, views }) => (
        <a key={label} href={hrefOf(to)} aria-current={views.includes(view) ? 'page' : undefined}>
          <Icon name={icon} />
          <span>{label}</span>
        </a>
      ))}
    </nav>
  );
}

function MiniPlayer() {
  const { track, control, guest } = useStore();
  const now = track.value;
  const playing = control.playing.shown.value;
  return (
    <div class="mini">
      <a href={hrefOf({ view: 'playing' })} aria-label={`Now playing: ${now?.title ?? 'nothing'}`}>
        <Artwork
          id={now?.artwork_id}
          size={96}
          icon={now?.url === undefined ? 'note' : 'radio'}
          class="thumb"
        />
        <span class="row-text">
          <span class="row-title">{now?.title ?? 'Nothing is playing'}</span>
          {now && <span class="row-sub">{now.artist}</span>}
        </span>
      </a>
      {!guest.value && (
        <IconButton
          icon={playing ? 'pause' : 'play'}
          label={playing ? 'Pause' : 'Play'}
          size={28}
          disabled={!now && !playing}
          onClick={() => control.playing.set(!playing)}
        />
      )}
    </div>
  );
}

/** What only screen readers need to hear. */
function Spoken() {
  const store = useStore();
  const now = store.house.playback.value?.track;
  useEffect(() => {
    if (!now) return;
    store.spoken.value = `Now playing: ${now.title}${now.artist === undefined ? '' : ` by ${now.artist}`}`;
    document.title = `${now.title}${now.artist === undefined ? '' : ` · ${now.artist}`} · Tutti`;
  }, [now?.item_id]);
  return (
    <p class="visually-hidden" aria-live="polite">
      {store.spoken.value}
    </p>
  );
}
