import { Button } from '../components/buttons.js';
import { Icon, type IconName } from '../components/icon.js';
import { doorOf, isAdmin } from '../state/door.js';
import { houseNotices, mendedAt, sleptOn } from '../state/notice.js';
import { hrefOf, type PlainView } from '../state/route.js';
import type { Theme } from '../state/settings.js';
import { signOut } from '../state/sign-in.js';
import { useStore } from '../state/store.js';
import '../styles/settings-house.css';

const THEMES: readonly { theme: Theme; label: string }[] = [
  { theme: 'system', label: 'Like the phone' },
  { theme: 'dark', label: 'Dark' },
  { theme: 'light', label: 'Light' },
];

export function SettingsView() {
  const store = useStore();
  const { settings, house } = store;
  const notices = houseNotices(house.system.value, isAdmin(store));
  const slept = sleptOn(house.lists.value.alarms);
  return (
    <section class="view" aria-label="Settings">
      <header class="view-header">
        <h2>Settings</h2>
      </header>
      <div class="scroller">
        {notices.length + slept.length > 0 && (
          <ul class="notices">
            {slept.map(({ alarm_id, notice }) => (
              <li key={alarm_id} class={notice?.level}>
                <Icon name="warning" size={20} />
                <a href={hrefOf({ view: 'alarms' })}>{notice?.message}</a>
              </li>
            ))}
            {notices.map(({ notice_id, level, message }) => {
              const to = mendedAt(notice_id);
              return (
                <li key={notice_id} class={level}>
                  <Icon name={level === 'info' ? 'check' : 'warning'} size={20} />
                  {to ? <a href={hrefOf({ view: to })}>{message}</a> : <span>{message}</span>}
                </li>
              );
            })}
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
        <nav class="page-end settings-links" aria-label="More settings">
          {!store.invited.value && <More view="music" icon="library" label="Music in and out" />}
          {!store.invited.value && <More view="alarms" icon="bell" label="Alarms" />}
          {!store.invited.value && <More view="limits" icon="volume" label="Volume limits" />}
          {isAdmin(store) && <More view="house-settings" icon="settings" label="Server settings" />}
          {isAdmin(store) && <More view="inputs" icon="settings" label="Remotes and knobs" />}
          {isAdmin(store) && <More view="backups" icon="save" label="Backups" />}
          {isAdmin(store) && <More view="doctor" icon="pulse" label="Checks" />}
        </nav>
        <div class="page-end">
          <Button label="Keyboard shortcuts" offline onClick={() => (store.sheet.value = { kind: 'help' })} />
        </div>
        <p class="dim page-end">Tutti {house.system.value?.version ?? ''}</p>
      </div>
    </section>
  );
}

function More({ view, icon, label }: { view: PlainView; icon: IconName; label: string }) {
  return (
    <a class="button" href={hrefOf({ view })}>
      <Icon name={icon} size={20} />
      <span>{label}</span>
    </a>
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
