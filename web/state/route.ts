import { signal, type ReadonlySignal } from '@preact/signals';
import { Steps } from './steps.js';

/** Where in the page one is. The address bar holds it, so that the phone's back key works. */
export type Route =
  | { readonly view: 'playing' }
  | { readonly view: 'queue' }
  | { readonly view: 'rooms' }
  | { readonly view: 'settings' }
  | { readonly view: 'library'; readonly section: LibrarySection }
  | { readonly view: 'album' | 'artist' | 'playlist' | 'sync' | 'party' | 'review'; readonly id: string }
  /** Behind a link that was shared. The invitation stays in the fragment: no server ever sees it in an address. */
  | { readonly view: 'join'; readonly id: string; readonly invite?: string }
  | { readonly view: PlainView };
/** Views that are about nothing in particular. */
export type PlainView = (typeof PLAIN)[number];
export type LibrarySection = 'albums' | 'artists' | 'playlists';

const PLAIN = [
  'problems',
  'alarms',
  'limits',
  'doctor',
  'activity',
  'people',
  'music',
  'downloads',
  'imports',
  'exports',
  'feeds',
  'schedules',
  'targets',
  'trash',
  'backups',
  'inputs',
  'house-settings',
] as const;
const SECTIONS: readonly LibrarySection[] = ['albums', 'artists', 'playlists'];

/** Unknown addresses lead to what plays. */
export function parseRoute(hash: string): Route {
  const [path = '', query] = hash.replace(/^#?\/?/, '').split('?');
  const [view = '', id = ''] = path.split('/').map(decode);
  switch (view) {
    case 'queue':
    case 'rooms':
    case 'settings':
      return { view };
    case 'library':
      return { view, section: SECTIONS.find((section) => section === id) ?? 'albums' };
    case 'album':
    case 'artist':
    case 'playlist':
      return id === '' ? { view: 'library', section: 'albums' } : { view, id };
    case 'review':
      return id === '' ? { view: 'imports' } : { view, id };
    case 'sync':
    case 'party':
      return id === '' ? { view: 'rooms' } : { view, id };
    case 'join': {
      const invite = new URLSearchParams(query).get('invite');
      return id === '' ? { view: 'rooms' } : { view, id, ...(invite === null ? {} : { invite }) };
    }
    default: {
      const plain = PLAIN.find((one) => one === view);
      return { view: plain ?? 'playing' };
    }
  }
}

export function hrefOf(route: Route): string {
  if (route.view === 'playing') return '#/';
  if (route.view === 'library') return `#/library/${route.section}`;
  const query =
    route.view === 'join' && route.invite !== undefined
      ? `?${new URLSearchParams({ invite: route.invite })}`
      : '';
  return 'id' in route ? `#/${route.view}/${encodeURIComponent(route.id)}${query}` : `#/${route.view}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

export interface Router {
  readonly route: ReadonlySignal<Route>;
  go(route: Route): void;
  /** As `go`, but the back key does not lead back here. */
  replace(route: Route): void;
  /** To where one came from; to what plays when one opened this address and came from nowhere in the page. */
  back(): void;
  /** A sheet lies over the page until the answer is called; the back key calls `close` and leaves the page where it is. */
  over(close: () => void): () => void;
  /** How many of them there are. */
  readonly sheets: ReadonlySignal<number>;
  close(): void;
}

export function createRouter(target: Window): Router {
  const route = signal(parseRoute(target.location.hash));
  const steps = new Steps(target);
  const follow = (): void => {
    route.value = parseRoute(target.location.hash);
  };
  target.addEventListener('hashchange', follow);
  return {
    route,
    go: (to) => steps.go(hrefOf(to)),
    replace: (to) => steps.go(hrefOf(to), true),
    back: () => {
      if (!steps.back()) steps.go(hrefOf({ view: 'playing' }), true);
    },
    over: (close) => steps.over(close),
    sheets: steps.sheets,
    close: () => {
      target.removeEventListener('hashchange', follow);
      steps.close();
    },
  };
}
