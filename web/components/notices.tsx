import { useStore } from '../state/store.js';
import { Icon } from './icon.js';

interface NoticesProps {
  /** How the ids of those begin that belong here. */
  prefix: string;
  label: string;
}

/** What is wrong with the very thing that a view shows. */
export function Notices({ prefix, label }: NoticesProps) {
  const { house } = useStore();
  const notices = house.system.value?.notices.filter(({ notice_id }) => notice_id.startsWith(prefix)) ?? [];
  if (notices.length === 0) return null;
  return (
    <ul class="notices" aria-label={label}>
      {notices.map(({ notice_id, level, message }) => (
        <li key={notice_id} class={level}>
          <Icon name={level === 'info' ? 'check' : 'warning'} size={20} />
          <span>{message}</span>
        </li>
      ))}
    </ul>
  );
}
