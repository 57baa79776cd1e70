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

/** Calls `draw` when a signal it reads changes, and before every paint while `moving()` holds and the page is seen. */
export function useDrawing(draw: () => void, moving: () => boolean): void {
  useEffect(() => {
    let frame = 0;
    const step = (): void => {
      frame = 0;
      draw();
      next();
    };
    const next = (): void => {
      if (frame === 0 && document.visibilityState === 'visible' && moving())
        frame = requestAnimationFrame(step);
    };
    const stop = effect(() => {
      draw();
      next();
    });
    document.addEventListener('visibilitychange', step);
    return () => {
      stop();
      cancelAnimationFrame(frame);
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
