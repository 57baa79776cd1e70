import { doorOf } from '../state/door.js';
import { useStore } from '../state/store.js';
import { App } from './app.js';
import { useLoaded } from './hooks.js';
import { loadMore } from './later.js';

/** The house, or the door before it. */
export function Page() {
  return doorOf(useStore()).shut.value ? <Outside /> : <App />;
}

function Outside() {
  const { value, failed } = useLoaded(loadMore, []);
  if (value) return <value.SignInPage />;
  return failed ? <p class="empty">The sign-in page could not be fetched. It needs the server.</p> : null;
}
