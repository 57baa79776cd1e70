import type { ComponentChildren } from 'preact';
import { useStore } from '../state/store.js';

interface DownloadLinkProps {
  readonly href: string;
  readonly class: string;
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** A link to a file of the server. Without a connection it leads nowhere. */
export function DownloadLink({ href, label, children, ...rest }: DownloadLinkProps) {
  const live = useStore().house.live.value;
  return (
    <a
      {...rest}
      role="link"
      download
      {...(live ? { href } : { 'aria-disabled': true })}
      {...(label === undefined ? {} : { 'aria-label': label, title: label })}
    >
      {children}
    </a>
  );
}
