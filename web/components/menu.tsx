import { Icon, type IconName } from './icon.js';
import { Sheet } from './sheet.js';

export interface MenuEntry {
  readonly icon: IconName;
  readonly label: string;
  readonly disabled?: boolean;
  readonly run: () => void;
}

/** What can be done with one thing, as a sheet. */
export function Menu({
  title,
  entries,
  onClose,
}: {
  title: string;
  entries: readonly MenuEntry[];
  onClose: () => void;
}) {
  return (
    <Sheet title={title} onClose={onClose}>
      <ul class="menu">
        {entries.map(({ icon, label, disabled, run }) => (
          <li key={label}>
            <button
              type="button"
              disabled={disabled}
              onClick={() => {
                onClose();
                run();
              }}
            >
              <Icon name={icon} />
              {label}
            </button>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
