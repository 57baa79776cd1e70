import { useLayoutEffect, useRef } from 'preact/hooks';

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min?: number;
  readonly max: number;
  readonly step: number;
  /** What a screen reader says for the value. */
  readonly text: string;
  readonly disabled?: boolean;
  readonly class?: string;
  /** Marked, and not passed. */
  readonly limit?: number;
  /** Somebody wants to pass the limit: once until the slider is let go or turned back. */
  readonly onHeld?: () => void;
  /** While it is dragged, and on every key. */
  readonly onInput: (value: number) => void;
}

/** The browser's own slider, so that keys, screen readers and fat fingers work; the filled part is drawn with `--fill`. */
export function Slider(props: SliderProps) {
  const { label, value, min = 0, max, step, text, disabled, limit = max, class: extra = '' } = props;
  const input = useRef<HTMLInputElement>(null);
  const told = useRef(false);
  useLayoutEffect(() => {
    if (!input.current) return;
    fillTo(input.current, value - min, max - min);
    input.current.style.setProperty('--limit', String((limit - min) / (max - min)));
  }, [value, min, max, limit]);
  return (
    <input
      ref={input}
      type="range"
      class={`slider ${limit < max ? 'limited' : ''} ${extra}`}
      aria-label={label}
      aria-valuetext={limit < max && value >= limit ? `${text}, the limit` : text}
      min={min}
      max={max}
      step={step}
      value={value}
      disabled={disabled}
      onPointerDown={() => (told.current = false)}
      onInput={({ currentTarget }) => {
        const held = currentTarget.valueAsNumber > limit;
        if (held) {
          currentTarget.valueAsNumber = limit;
          fillTo(currentTarget, limit - min, max - min);
          if (!told.current) props.onHeld?.();
        }
        told.current = held;
        props.onInput(currentTarget.valueAsNumber);
      }}
    />
  );
}

/** How much of a slider is filled, 0..1. */
export function fillTo(input: HTMLInputElement, value: number, max: number): void {
  input.style.setProperty('--fill', String(max > 0 ? Math.min(1, value / max) : 0));
}
