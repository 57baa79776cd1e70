import { useEffect, useRef, useState } from 'preact/hooks';

/** What is dragged over the board: players that are to play somewhere else. */
export interface Load {
  readonly from: string;
  readonly player_ids: readonly string[];
  readonly text: string;
}

export interface BoardDrag {
  readonly load: Load;
  readonly x: number;
  readonly y: number;
  /** The room under the finger; `ALONE` = the place for players that go home. */
  readonly over: string | undefined;
}

/** The drop target that is no room. */
export const ALONE = '-alone-';
const LONG_PRESS_MS = 380;
const SLOP_PX = 8;
const EDGE_PX = 80;

interface Press {
  readonly load: Load;
  readonly pointerId: number;
  readonly touch: boolean;
  readonly startX: number;
  readonly startY: number;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Dragging players between rooms with any pointer: a mouse drags at once, a finger after a long press (before that it scrolls). A long
 * press that goes nowhere is told by `onHold`. Escape takes it back.
 */
export function useBoardDrag(drop: (load: Load, onto: string) => void, onHold: (load: Load) => void) {
  const [drag, setDrag] = useState<BoardDrag>();
  const press = useRef<Press | undefined>(undefined);
  const live = useRef<BoardDrag | undefined>(undefined);
  const frame = useRef(0);
  const moved = useRef(false);
  const calls = useRef({ drop, onHold });
  calls.current = { drop, onHold };

  const show = (next: BoardDrag | undefined): void => {
    live.current = next;
    setDrag(next);
  };
  const start = (at: Press, x: number, y: number): void => {
    moved.current = false;
    show({ load: at.load, x, y, over: undefined });
    frame.current = requestAnimationFrame(scrollNearEdge);
  };
  const place = (x: number, y: number): void => {
    const now = live.current;
    if (!now) return;
    show({ ...now, x, y, over: targetAt(x, y, now.load) });
  };
  const scrollNearEdge = (): void => {
    const now = live.current;
    const scroller = document.querySelector<HTMLElement>('.board');
    if (!now || !scroller) return;
    const { top, bottom } = scroller.getBoundingClientRect();
    const above = top + EDGE_PX - now.y;
    const below = now.y - (bottom - EDGE_PX);
    if (moved.current && (above > 0 || below > 0)) {
      scroller.scrollTop += above > 0 ? -above / 6 : below / 6;
      place(now.x, now.y);
    }
    frame.current = requestAnimationFrame(scrollNearEdge);
  };
  const end = (done: boolean): void => {
    clearTimeout(press.current?.timer);
    cancelAnimationFrame(frame.current);
    const now = live.current;
    const { touch } = press.current ?? {};
    press.current = undefined;
    if (!now) return;
    show(undefined);
    swallowClick();
    if (!done) return;
    if (now.over !== undefined) calls.current.drop(now.load, now.over);
    else if (touch && !moved.current) calls.current.onHold(now.load);
  };

  useEffect(() => {
    const onMove = (event: PointerEvent): void => {
      const at = press.current;
      if (!at || event.pointerId !== at.pointerId) return;
      const far = Math.hypot(event.clientX - at.startX, event.clientY - at.startY) > SLOP_PX;
      if (live.current) {
        moved.current ||= far;
        place(event.clientX, event.clientY);
      } else if (far && at.touch) end(false);
      else if (far) start(at, event.clientX, event.clientY);
    };
    const onUp = (event: PointerEvent): void => {
      if (event.pointerId === press.current?.pointerId) end(true);
    };
    const onCancel = (): void => end(false);
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || !live.current) return;
      event.preventDefault();
      end(false);
    };
    /** A finger that drags does not scroll. */
    const onTouch = (event: TouchEvent): void => {
      if (live.current && event.cancelable) event.preventDefault();
    };
    addEventListener('pointermove', onMove);
    addEventListener('pointerup', onUp);
    addEventListener('pointercancel', onCancel);
    addEventListener('keydown', onKey);
    addEventListener('touchmove', onTouch, { passive: false });
    return () => {
      end(false);
      removeEventListener('pointermove', onMove);
      removeEventListener('pointerup', onUp);
      removeEventListener('pointercancel', onCancel);
      removeEventListener('keydown', onKey);
      removeEventListener('touchmove', onTouch);
    };
  }, []);

  return {
    drag,
    /** For what can be dragged. */
    source: (load: Load) => ({
      onPointerDown: (event: PointerEvent): void => {
        if (event.button !== 0 || press.current || load.player_ids.length === 0) return;
        const touch = event.pointerType !== 'mouse';
        const { pointerId, clientX, clientY } = event;
        const at: Press = {
          load,
          pointerId,
          touch,
          startX: clientX,
          startY: clientY,
          timer: touch ? setTimeout(() => start(at, clientX, clientY), LONG_PRESS_MS) : undefined,
        };
        press.current = at;
      },
      onContextMenu: (event: Event): void => {
        if (press.current?.touch) event.preventDefault();
      },
      onDragStart: (event: Event): void => event.preventDefault(),
    }),
  };
}

function targetAt(x: number, y: number, load: Load): string | undefined {
  const target = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-room]')?.dataset['room'];
  return target === load.from ? undefined : target;
}

/** The finger that let go over a button has not pressed it. */
function swallowClick(): void {
  const swallow = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener('click', swallow, { capture: true }), 80);
}
