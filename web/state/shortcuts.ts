import type { Store } from './store.js';

export const SHORTCUTS: readonly { readonly keys: string; readonly does: string }[] = [
  { keys: 'Space', does: 'Play or pause' },
  { keys: '← →', does: '5 seconds back or on' },
  { keys: '↑ ↓', does: 'Louder or softer' },
  { keys: 'N  P', does: 'Next or previous' },
  { keys: 'M', does: 'Mute' },
  { keys: '/', does: 'Search' },
  { keys: 'Alt+↑ Alt+↓', does: 'Move the queue item that has the focus' },
  { keys: 'Delete', does: 'Remove the queue item that has the focus' },
  { keys: 'U', does: 'Undo the last change of the queue' },
  { keys: '?', does: 'This list' },
];

/** Keys that mean something wherever the focus is, unless what has the focus wants them. */
export function onShortcut(store: Store, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (store.sheet.peek() !== undefined || wantsKeys(event.target, event.key)) return;
  const act = actionOf(store, event.key);
  if (!act) return;
  event.preventDefault();
  act();
}

function actionOf(store: Store, key: string): (() => void) | undefined {
  if (key === '?') return () => (store.sheet.value = { kind: 'help' });
  if (key === '/')
    return () => {
      store.router.go({ view: 'library', section: 'albums' });
      store.wantsSearch.value = true;
    };
  const { control } = store;
  if (!store.house.live.peek() || !control.known.peek() || store.guest.peek()) return undefined;
  const actions: Record<string, () => void> = {
    ' ': () => control.playing.set(!control.playing.shown.peek()),
    ArrowLeft: () => store.seekBy(-5),
    ArrowRight: () => store.seekBy(5),
    ArrowUp: () => store.louder(0.03),
    ArrowDown: () => store.louder(-0.03),
    n: () => void store.skip('room:next'),
    p: () => void store.skip('room:previous'),
    m: () => control.muted.set(!control.muted.shown.peek()),
    u: () => void store.undo(),
  };
  return Object.hasOwn(actions, key) ? actions[key] : undefined;
}

/** Text fields want every key, sliders the arrows, buttons and links the space bar, lists the arrows. */
function wantsKeys(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('input:not([type=range]), textarea, select, dialog')) return true;
  if (key === ' ') return target.closest('button, a, input') !== null;
  return key.startsWith('Arrow') && target.closest('input, [role=listitem]') !== null;
}
