import type { Route } from '../state/route.js';
import { useStore } from '../state/store.js';
import { ActivityView } from './activity.js';
import { BackupsView } from './backups.js';
import { AlarmsView } from './alarms.js';
import { AlbumView, ArtistView, ProblemsView } from './collections.js';
import { DoctorView } from './doctor.js';
import { DownloadsView } from './downloads.js';
import { ExportsView } from './exports.js';
import { FeedsView } from './feeds.js';
import { ImportsView } from './imports.js';
import { InputsView } from './inputs.js';
import { LibraryView } from './library.js';
import { LimitsView } from './limits.js';
import { MusicView } from './music.js';
import { isForHouse, NotForGuests } from './not-for-you.js';
import { JoinView, PartyView } from './party.js';
import { PeopleView } from './people.js';
import { PlaylistView } from './playlist.js';
import { ReviewView } from './review.js';
import { RoomsView } from './rooms.js';
import { SchedulesView } from './schedules.js';
import { HouseSettingsView } from './settings-house.js';
import { SettingsView } from './settings.js';
import { SyncView } from './sync.js';
import { TargetsView } from './targets.js';
import { TrashView } from './trash.js';

export { AlarmKeeper, SleepLine } from './ringing.js';
export { PartyKeeper } from './party.js';
export { OpenSheet } from './sheets.js';
export { SignInPage } from './sign-in.js';
export { WishLine } from './wish-line.js';

/** The views that are not needed for the first paint. */
export type LaterRoute = Exclude<Route, { readonly view: 'playing' | 'queue' }>;

export function MoreView({ route }: { route: LaterRoute }) {
  const { invited } = useStore();
  if (invited.value && isForHouse(route)) return <NotForGuests />;
  switch (route.view) {
    case 'rooms':
      return <RoomsView />;
    case 'settings':
      return <SettingsView />;
    case 'house-settings':
      return <HouseSettingsView />;
    case 'people':
      return <PeopleView />;
    case 'activity':
      return <ActivityView />;
    case 'problems':
      return <ProblemsView />;
    case 'alarms':
      return <AlarmsView />;
    case 'limits':
      return <LimitsView />;
    case 'music':
      return <MusicView />;
    case 'doctor':
      return <DoctorView />;
    case 'downloads':
      return <DownloadsView />;
    case 'imports':
      return <ImportsView />;
    case 'review':
      return <ReviewView key={route.id} id={route.id} />;
    case 'backups':
      return <BackupsView />;
    case 'exports':
      return <ExportsView />;
    case 'feeds':
      return <FeedsView />;
    case 'schedules':
      return <SchedulesView />;
    case 'targets':
      return <TargetsView />;
    case 'inputs':
      return <InputsView />;
    case 'trash':
      return <TrashView />;
    case 'library':
      return <LibraryView section={route.section} />;
    case 'sync':
      return <SyncView key={route.id} id={route.id} />;
    case 'party':
      return <PartyView key={route.id} id={route.id} />;
    case 'join':
      return <JoinView key={route.id} id={route.id} invite={route.invite} />;
    case 'album':
      return <AlbumView key={route.id} id={route.id} />;
    case 'artist':
      return <ArtistView key={route.id} id={route.id} />;
    case 'playlist':
      return <PlaylistView key={route.id} id={route.id} />;
  }
}
