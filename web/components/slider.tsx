import { useLayoutEffect, useRef } from 'preact/hooks';

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly step: number;
  /** What a screen reader says for the value. */
  readonly text: string;
  readonly disabled?: boolean;
  readonly class?: string;
  /** While it is dragged, and on every key. */
  readonly onInput: (value: number) => void;
}

/** The browser's own slider, so that keys, screen readers and fat fingers work; the filled part is drawn with `--fill`. */
export function Slider({ label, value, max, step, text, disabled, onInput, class: extra = '' }: SliderProps) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (input.current) fillTo(input.current, value, max);
  }, [value, max]);
  return (
    <input
      ref={input}
      type="range"
      class={`slider ${extra}`}
      aria-label={label}
      aria-valuetext={text}
      min={0}
      max={max}
      step={step}
      value={value}
      disabled={disabled}
      onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
    />
  );
}

/** How much of a slider is filled, 0..1. */
export function fillTo(input: HTMLInputElement, value: number, max: number): void {
  input.style.setProperty('--fill', String(max > 0 ? Math.min(1, value / max) : 0));
}
