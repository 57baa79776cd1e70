import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../state/store.js';
import { Icon, type IconName } from './icon.js';

const WAIT_MS = 420;
const EVERY_MS = 130;

/** How far one goes at the nth time of a held button: by one at first, then faster. */
export function strideAt(times: number): number {
  return times < 8 ? 1 : times < 20 ? 5 : 20;
}

interface HoldButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly hint: string;
  readonly disabled?: boolean;
  /** Once at once, and on while it is held, faster and faster. */
  readonly onStep: (stride: number) => void;
}

/** A big button that goes on while it is held. */
export function HoldButton({ icon, label, hint, disabled, onStep }: HoldButtonProps) {
  const live = useStore().house.live.value;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const step = useRef(onStep);
  step.current = onStep;
  const rest = (): void => clearTimeout(timer.current);
  const go = (times: number): void => {
    rest();
    step.current(strideAt(times));
    timer.current = setTimeout(() => go(times + 1), times === 0 ? WAIT_MS : EVERY_MS);
  };
  useEffect(() => rest, []);
  return (
    <button
      type="button"
      class="hold-button"
      aria-label={hint}
      disabled={disabled === true || !live}
      onPointerDown={(event) => {
        if (event.button === 0) go(0);
      }}
      onPointerUp={rest}
      onPointerLeave={rest}
      onPointerCancel={rest}
      onContextMenu={(event) => event.preventDefault()}
      onClick={(event) => {
        // A key or a screen reader: no pointer has pressed it.
        if (event.detail === 0) step.current(1);
      }}
    >
      <Icon name={icon} size={30} />
      <span>{label}</span>
    </button>
  );
}
