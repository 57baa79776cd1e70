import type { ComponentChildren, RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows drawn beyond what is seen, so that a flick does not show empty space. */
const OVERSCAN = 6;

interface VirtualListProps {
  readonly count: number;
  /** Pixels; every row is as high. */
  readonly rowHeight: number;
  readonly label: string;
  readonly keyOf: (index: number) => string;
  readonly row: (index: number) => ComponentChildren;
  /** Moves a row away from its place, pixels. */
  readonly shift?: (index: number) => number;
  readonly rowClass?: (index: number) => string;
  /** Drawn even when out of sight: the row that a finger holds. */
  readonly pinned?: number | undefined;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Above the rows; scrolls with them. */
  readonly before?: ComponentChildren;
  readonly class?: string;
}

/** A list that draws only the rows in sight, so that 10,000 cost no more than ten. */
export function VirtualList(props: VirtualListProps) {
  const { count, rowHeight, label, keyOf, row, shift, rowClass, pinned, scroller } = props;
  const list = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<readonly [number, number]>([0, 20]);
  const measure = useCallback(() => {
    const outer = scroller.current;
    if (!outer || !list.current) return;
    const above = outer.scrollTop - list.current.offsetTop;
    const first = Math.max(0, Math.floor(above / rowHeight) - OVERSCAN);
    const last = Math.ceil((above + outer.clientHeight) / rowHeight) + OVERSCAN;
    setRange((was) => (was[0] === first && was[1] === last ? was : [first, last]));
  }, [rowHeight, scroller]);

  useLayoutEffect(() => {
    const outer = scroller.current;
    if (!outer) return;
    const watcher = new ResizeObserver(measure);
    watcher.observe(outer);
    outer.addEventListener('scroll', measure, { passive: true });
    measure();
    return () => {
      watcher.disconnect();
      outer.removeEventListener('scroll', measure);
    };
  }, [measure, scroller]);

  const indices: number[] = [];
  for (let index = range[0]; index < Math.min(range[1], count); index++) indices.push(index);
  if (pinned !== undefined && pinned < count && !indices.includes(pinned)) indices.push(pinned);
  return (
    <div ref={scroller} class={`scroller ${props.class ?? ''}`} tabIndex={-1}>
      {props.before}
      <div
        ref={list}
        role="list"
        aria-label={label}
        class="virtual"
        style={{ height: `${count * rowHeight}px` }}
      >
        {indices.map((index) => (
          <div
            key={keyOf(index)}
            role="listitem"
            aria-setsize={count}
            aria-posinset={index + 1}
            class={`virtual-row ${rowClass?.(index) ?? ''}`}
            style={{
              height: `${rowHeight}px`,
              transform: `translateY(${index * rowHeight + (shift?.(index) ?? 0)}px)`,
            }}
          >
            {row(index)}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Scrolls so that a row is in sight, if it is not. */
export function reveal(scroller: HTMLElement, index: number, rowHeight: number): void {
  const list = scroller.querySelector<HTMLElement>('.virtual');
  const top = index * rowHeight + (list?.offsetTop ?? 0);
  const bottom = top + rowHeight;
  if (top < scroller.scrollTop) scroller.scrollTop = top - rowHeight;
  else if (bottom > scroller.scrollTop + scroller.clientHeight)
    scroller.scrollTop = bottom + rowHeight - scroller.clientHeight;
}
