import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { shiftOf } from '../state/queue-edits.js';

export interface Drag {
  readonly key: string;
  readonly from: number;
  /** Where the row would stand now. */
  readonly to: number;
  /** Top of the dragged row below the top of the list, pixels. */
  readonly top: number;
}

const EDGE = 72;

interface DragOptions {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly rowHeight: number;
  readonly count: number;
  readonly drop: (key: string, from: number, to: number) => void;
}

/** Dragging rows by a handle, with any pointer; near the edges the list scrolls. Escape or a second finger takes it back. */
export function useRowDrag({ scroller, rowHeight, count, drop }: DragOptions) {
  const [drag, setDrag] = useState<Drag>();
  const live = useRef<{ drag: Drag; clientY: number; frame: number } | undefined>(undefined);

  const place = (): void => {
    const at = live.current;
    const list = scroller.current?.querySelector<HTMLElement>('.virtual');
    if (!at || !list) return;
    const y = at.clientY - list.getBoundingClientRect().top;
    const to = Math.max(0, Math.min(count - 1, Math.floor(y / rowHeight)));
    const top = Math.max(0, Math.min((count - 1) * rowHeight, y - rowHeight / 2));
    at.drag = { ...at.drag, to, top };
    setDrag(at.drag);
  };
  const scroll = (): void => {
    const at = live.current;
    const outer = scroller.current;
    if (!at || !outer) return;
    const box = outer.getBoundingClientRect();
    const above = box.top + EDGE - at.clientY;
    const below = at.clientY - (box.bottom - EDGE);
    const speed = above > 0 ? -above / 4 : below > 0 ? below / 4 : 0;
    if (speed !== 0) {
      outer.scrollTop += speed;
      place();
    }
    at.frame = requestAnimationFrame(scroll);
  };
  const end = (done: boolean): void => {
    const at = live.current;
    if (!at) return;
    cancelAnimationFrame(at.frame);
    live.current = undefined;
    setDrag(undefined);
    if (done && at.drag.to !== at.drag.from) drop(at.drag.key, at.drag.from, at.drag.to);
  };
  useEffect(() => () => end(false), []);

  return {
    drag,
    shift: (index: number): number => {
      if (!drag) return 0;
      if (index === drag.from) return drag.top - drag.from * rowHeight;
      return shiftOf(index, drag.from, drag.to) * rowHeight;
    },
    handle: (key: string, from: number) => ({
      onPointerDown: (event: PointerEvent): void => {
        if (event.button !== 0 || live.current || !(event.currentTarget instanceof Element)) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        live.current = {
          drag: { key, from, to: from, top: from * rowHeight },
          clientY: event.clientY,
          frame: requestAnimationFrame(scroll),
        };
        place();
      },
      onPointerMove: (event: PointerEvent): void => {
        if (!live.current) return;
        live.current.clientY = event.clientY;
        place();
      },
      onPointerUp: (): void => end(true),
      onPointerCancel: (): void => end(false),
    }),
  };
}
