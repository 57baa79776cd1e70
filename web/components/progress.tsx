import '../styles/activity.css';

interface ProgressProps {
  readonly label: string;
  /** Percent. Undefined: something goes on, and nobody knows how long. */
  readonly value: number | undefined;
  readonly resting?: boolean;
}

/** How far something is. */
export function Progress({ label, value, resting }: ProgressProps) {
  return (
    <div
      class={`job-bar ${value === undefined ? 'endless' : ''} ${resting ? 'resting' : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(value === undefined ? {} : { 'aria-valuenow': value })}
    >
      <div style={value === undefined ? {} : { transform: `scaleX(${value / 100})` }} />
    </div>
  );
}
