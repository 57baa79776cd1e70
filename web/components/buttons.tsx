import type { ComponentChildren } from 'preact';
import { useStore } from '../state/store.js';
import { Icon, type IconName } from './icon.js';

interface IconButtonProps {
  readonly icon: IconName;
  /** What a screen reader says, and the tooltip. */
  readonly label: string;
  readonly onClick: () => void;
  readonly class?: string;
  readonly size?: number;
  /** For buttons that stay down. */
  readonly pressed?: boolean;
  readonly tabIndex?: number;
  readonly disabled?: boolean;
  /** Works without a connection. */
  readonly offline?: boolean;
  readonly children?: ComponentChildren;
}

/** A round button with a picture. Without a connection it is disabled, unless it works without one. */
export function IconButton(props: IconButtonProps) {
  const { icon, label, onClick, size, pressed, tabIndex, disabled, offline, children } = props;
  const live = useStore().house.live.value;
  return (
    <button
      type="button"
      class={`icon-button ${props.class ?? ''}`}
      aria-label={label}
      title={label}
      disabled={disabled === true || (offline !== true && !live)}
      onClick={onClick}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      {...(tabIndex === undefined ? {} : { tabIndex })}
    >
      <Icon name={icon} {...(size === undefined ? {} : { size })} />
      {children}
    </button>
  );
}

interface ButtonProps {
  readonly icon?: IconName;
  readonly label: string;
  /** To what it is done, where several of these stand below each other; only screen readers say it. */
  readonly about?: string;
  readonly onClick?: () => void;
  readonly kind?: 'primary' | 'plain';
  readonly submit?: boolean;
  readonly offline?: boolean;
  readonly disabled?: boolean;
}

/** A button with words. */
export function Button(props: ButtonProps) {
  const { icon, label, about, onClick, kind = 'plain', submit, offline, disabled } = props;
  const live = useStore().house.live.value;
  return (
    <button
      type={submit ? 'submit' : 'button'}
      class={`button ${kind}`}
      disabled={disabled === true || (offline !== true && !live)}
      onClick={onClick}
      {...(about === undefined ? {} : { 'aria-label': `${label}: ${about}` })}
    >
      {icon && <Icon name={icon} size={20} />}
      <span>{label}</span>
    </button>
  );
}
