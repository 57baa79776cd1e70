import { signal, type ReadonlySignal } from '@preact/signals';

/** Where in the page one is. The address bar holds it, so that the phone's back key works. */
export type Route =
  | { readonly view: 'playing' }
  | { readonly view: 'queue' }
  | { readonly view: 'rooms' }
  | { readonly view: 'settings' }
  | { readonly view: 'library'; readonly section: LibrarySection }
  | { readonly view: 'album' | 'artist' | 'playlist' | 'sync'; readonly id: string }
  | { readonly view: 'problems' };
export type LibrarySection = 'albums' | 'artists' | 'playlists';

const SECTIONS: readonly LibrarySection[] = ['albums', 'artists', 'playlists'];

/** Unknown addresses lead to what plays. */
export function parseRoute(hash: string): Route {
  const [view = '', id = ''] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  switch (view) {
    case 'queue':
    case 'rooms':
    case 'settings':
    case 'problems':
      return { view };
    case 'library':
      return { view, section: SECTIONS.find((section) => section === id) ?? 'albums' };
    case 'album':
    case 'artist':
    case 'playlist':
      return id === '' ? { view: 'library', section: 'albums' } : { view, id };
    case 'sync':
      return id === '' ? { view: 'rooms' } : { view, id };
    default:
      return { view: 'playing' };
  }
}

export function hrefOf(route: Route): string {
  if (route.view === 'playing') return '#/';
  if (route.view === 'library') return `#/library/${route.section}`;
  return 'id' in route ? `#/${route.view}/${encodeURIComponent(route.id)}` : `#/${route.view}`;
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
  close(): void;
}

export function createRouter(target: Window): Router {
  const route = signal(parseRoute(target.location.hash));
  const follow = (): void => {
    route.value = parseRoute(target.location.hash);
  };
  target.addEventListener('hashchange', follow);
  return {
    route,
    go: (to) => {
      target.location.hash = hrefOf(to);
    },
    close: () => target.removeEventListener('hashchange', follow),
  };
}
