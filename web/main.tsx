import { effect } from '@preact/signals';
import { render } from 'preact';
import { connect } from '../src/client/client.js';
import { HOUSE_TOPICS, openDoor } from './state/door.js';
import { createRouter } from './state/route.js';
import { loadSettings, type Settings } from './state/settings.js';
import { onShortcut } from './state/shortcuts.js';
import { Store, StoreProvider } from './state/store.js';
import { Page } from './views/page.js';

function start(root: HTMLElement): void {
  const settings = loadSettings(() => localStorage);
  followTheme(settings);
  const client = connect({
    url: new URL('ws', location.href.replace(/^http/, 'ws').replace(/[?#].*$/, '')).href,
    topics: HOUSE_TOPICS,
    onProblem: (problem) => console.warn(problem),
  });
  addEventListener('online', () => client.wake());
  addEventListener('pageshow', () => client.wake());
  document.addEventListener('resume', () => client.wake());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') client.wake();
  });
  const store = new Store({
    client,
    settings,
    router: createRouter(window),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return { cancel: () => clearTimeout(timer) };
    },
    nextFrame: (run) => void requestAnimationFrame(run),
  });
  const door = openDoor(store, window);
  addEventListener('keydown', (event) => {
    if (!door.shut.peek()) onShortcut(store, event);
  });
  root.replaceChildren();
  render(
    <StoreProvider value={store}>
      <Page />
    </StoreProvider>,
    root,
  );
}

function followTheme({ theme }: Settings): void {
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === 'system') delete dataset['theme'];
    else dataset['theme'] = theme.value;
  });
}

const root = document.getElementById('app');
if (root) start(root);
if ('serviceWorker' in navigator && import.meta.env.PROD)
  navigator.serviceWorker
    .register('sw.js')
    .catch((error: unknown) => console.warn('no service worker', error));
