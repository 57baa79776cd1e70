import { Button } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { doorOf } from '../state/door.js';
import { hrefOf } from '../state/route.js';
import type { Theme } from '../state/settings.js';
import { signOut } from '../state/sign-in.js';
import { useStore } from '../state/store.js';
import { isAdmin } from './follow.js';

const THEMES: readonly { theme: Theme; label: string }[] = [
  { theme: 'system', label: 'Like the phone' },
  { theme: 'dark', label: 'Dark' },
  { theme: 'light', label: 'Light' },
];

export function SettingsView() {
  const store = useStore();
  const { settings, house } = store;
  const system = house.system.value;
  return (
    <section class="view" aria-label="Settings">
      <header class="view-header">
        <h2>Settings</h2>
      </header>
      <div class="scroller">
        {system && system.notices.length > 0 && (
          <ul class="notices">
            {system.notices.map((notice) => (
              <li key={notice.notice_id} class={notice.level}>
                <Icon name={notice.level === 'info' ? 'check' : 'warning'} size={20} />
                <span>{notice.message}</span>
              </li>
            ))}
          </ul>
        )}
        <Account />
        <fieldset class="choices">
          <legend>Appearance</legend>
          {THEMES.map(({ theme, label }) => (
            <label key={theme}>
              <input
                type="radio"
                name="theme"
                checked={settings.theme.value === theme}
                onChange={() => (settings.theme.value = theme)}
              />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
        {!store.invited.value && (
          <div class="page-end">
            <a class="button" href={hrefOf({ view: 'music' })}>
              <Icon name="library" size={20} />
              <span>Music in and out</span>
            </a>
            <a class="button" href={hrefOf({ view: 'alarms' })}>
              <Icon name="bell" size={20} />
              <span>Alarms</span>
            </a>
            <a class="button" href={hrefOf({ view: 'limits' })}>
              <Icon name="volume" size={20} />
              <span>Volume limits</span>
            </a>
          </div>
        )}
        {isAdmin(store) && (
          <div class="page-end">
            <a class="button" href={hrefOf({ view: 'house-settings' })}>
              <Icon name="settings" size={20} />
              <span>Server settings</span>
            </a>
          </div>
        )}
        {isAdmin(store) && (
          <div class="page-end">
            <a class="button" href={hrefOf({ view: 'doctor' })}>
              <Icon name="pulse" size={20} />
              <span>Checks</span>
            </a>
          </div>
        )}
        {isAdmin(store) && (
          <div class="page-end">
            <a class="button" href={hrefOf({ view: 'inputs' })}>
              <Icon name="settings" size={20} />
              <span>Remotes and knobs</span>
            </a>
          </div>
        )}
        {isAdmin(store) && (
          <div class="page-end">
            <a class="button" href={hrefOf({ view: 'backups' })}>
              <Icon name="save" size={20} />
              <span>Backups</span>
            </a>
          </div>
        )}
        <div class="page-end">
          <Button label="Keyboard shortcuts" offline onClick={() => (store.sheet.value = { kind: 'help' })} />
        </div>
        <p class="dim page-end">Tutti {system?.version ?? ''}</p>
      </div>
    </section>
  );
}

/** Nothing where nobody has to sign in. */
function Account() {
  const store = useStore();
  const door = doorOf(store);
  const you = door.you.value;
  if (!you) return null;
  return (
    <div class="account page-end">
      <p>
        Signed in as <strong>{you.name}</strong>
      </p>
      <div class="play-buttons">
        {you.role !== 'guest' && (
          <a class="button primary" href={hrefOf({ view: 'people' })}>
            <Icon name="people" size={20} />
            <span>{you.role === 'admin' ? 'People' : 'Your account'}</span>
          </a>
        )}
        <Button
          label="Sign out"
          onClick={() => void signOut(door).catch((error: unknown) => store.fail(error))}
        />
      </div>
    </div>
  );
}
