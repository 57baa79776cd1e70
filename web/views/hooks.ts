import { effect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';

/** Whether a media query holds now. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const follow = (): void => setMatches(list.matches);
    follow();
    list.addEventListener('change', follow);
    return () => list.removeEventListener('change', follow);
  }, [query]);
  return matches;
}

/** Nearer than this it is the next paint. */
const FRAME_MS = 16;

/**
 * Calls `draw` when a signal it reads changes, and while the page is seen, before the paint that `draw` said it is needed for: it returns
 * in how many milliseconds the next pixel changes, undefined for never.
 */
export function useDrawing(draw: () => number | undefined): void {
  useEffect(() => {
    let frame = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const rest = (): void => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
    const step = (): void => {
      rest();
      const wait = draw();
      if (wait === undefined || document.visibilityState !== 'visible') return;
      if (wait <= FRAME_MS) frame = requestAnimationFrame(step);
      else timer = setTimeout(() => (frame = requestAnimationFrame(step)), wait - FRAME_MS);
    };
    const stop = effect(step);
    document.addEventListener('visibilitychange', step);
    return () => {
      stop();
      rest();
      document.removeEventListener('visibilitychange', step);
    };
  }, []);
}

/** A value that takes a while: undefined until it is there, `failed` when it will not be. */
export function useLoaded<T>(
  load: () => Promise<T>,
  keys: readonly unknown[],
): { value?: T; failed: boolean } {
  const [state, setState] = useState<{ value?: T; failed: boolean }>({ failed: false });
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setState({ value, failed: false }),
      () => current && setState((was) => ({ ...was, failed: true })),
    );
    return () => {
      current = false;
    };
  }, [...keys]);
  return state;
}

/** Pixels of something that holds text: more where somebody has chosen larger letters in the browser. */
export function forText(px: number): number {
  const letters = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  return Math.round(px * Math.max(1, letters));
}
