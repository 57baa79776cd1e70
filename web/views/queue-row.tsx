import { useRef, useState } from 'preact/hooks';
import { Artwork } from '../components/artwork.js';
import { IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import type { QueueItem } from '../../src/protocol/queue.js';
import { clockTime } from '../state/format.js';
import { useLoaded } from './hooks.js';
import { loadMore } from './later.js';

interface QueueRowProps {
  readonly item: QueueItem;
  readonly current: boolean;
  readonly playing: boolean;
  /** The row that Tab leads to. */
  readonly active: boolean;
  readonly disabled: boolean;
  readonly handle: object;
  readonly onPlay: () => void;
  readonly onMore: () => void;
  readonly onRemove: () => void;
  readonly onKey: (event: KeyboardEvent) => void;
  readonly onFocus: () => void;
}

/** So far to the left that it can be no accident. */
const SWIPE_AWAY = 0.35;

export function QueueRow(props: QueueRowProps) {
  const { item, current, playing, active, disabled, onPlay, onMore, onRemove, onKey, onFocus } = props;
  const swipe = useSwipe(disabled ? undefined : onRemove);
  const tab = active ? 0 : -1;
  const by = [item.artist, item.album].filter(Boolean).join(' · ');
  return (
    <div class={`queue-row ${current ? 'current' : ''}`} data-item={item.item_id}>
      <div class="swipe-away" aria-hidden="true">
        <Icon name="trash" />
      </div>
      <div class="queue-row-front" style={swipe.style} {...swipe.handlers}>
        <button
          type="button"
          class="row-main"
          tabIndex={tab}
          disabled={disabled}
          aria-current={current ? 'true' : undefined}
          aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Delete"
          onClick={onPlay}
          onKeyDown={onKey}
          onFocus={onFocus}
        >
          <span class="thumb-space">
            <Artwork
              id={item.artwork_id}
              size={96}
              icon={item.url === undefined ? 'note' : 'radio'}
              class="thumb"
            />
            {current && <span class={`bars ${playing ? 'moving' : ''}`} aria-hidden="true" />}
          </span>
          <span class="row-text">
            <span class="row-title">{item.title}</span>
            <span class={`row-sub ${item.problem === undefined ? '' : 'problem'}`}>
              {item.problem ??
                (isWish(item) ? <Wish item={item} /> : by || (item.url === undefined ? '' : 'Radio'))}
            </span>
          </span>
          <span class="row-time">
            {item.duration_seconds === undefined ? '' : clockTime(item.duration_seconds)}
          </span>
        </button>
        <IconButton icon="more" label={`More for ${item.title}`} tabIndex={tab} onClick={onMore} />
        <button
          type="button"
          class="icon-button drag-handle"
          tabIndex={-1}
          aria-label={`Drag ${item.title}`}
          disabled={disabled}
          {...props.handle}
        >
          <Icon name="handle" />
        </button>
      </div>
    </div>
  );
}

/** Somebody wished for it, and it is on its way: it cannot be played yet. [WI1] */
export const isWish = ({ download_id, track_id }: QueueItem): boolean =>
  download_id !== undefined && track_id === undefined;

function Wish({ item }: { item: QueueItem }) {
  const { value } = useLoaded(loadMore, []);
  return value ? <value.WishLine item={item} /> : <>On its way</>;
}

/** Swiping to the left with a finger. The list below goes on scrolling up and down. */
function useSwipe(away: (() => void) | undefined) {
  const [left, setLeft] = useState(0);
  const start = useRef<{ x: number; y: number; width: number; swiping: boolean } | undefined>(undefined);
  const stop = (): void => {
    start.current = undefined;
    setLeft(0);
  };
  return {
    style: left === 0 ? {} : { transform: `translateX(${left}px)`, transition: 'none' },
    handlers: {
      onPointerDown: (event: PointerEvent): void => {
        const row = event.currentTarget;
        if (!away || event.pointerType !== 'touch' || !(row instanceof HTMLElement)) return;
        if (event.target instanceof Element && event.target.closest('.drag-handle')) return;
        start.current = { x: event.clientX, y: event.clientY, width: row.clientWidth, swiping: false };
      },
      onPointerMove: (event: PointerEvent): void => {
        const from = start.current;
        if (!from) return;
        const x = event.clientX - from.x;
        if (!from.swiping && Math.abs(event.clientY - from.y) > Math.abs(x)) return;
        if (x < -12) from.swiping = true;
        if (from.swiping) setLeft(Math.min(0, x));
      },
      onPointerUp: (event: PointerEvent): void => {
        const from = start.current;
        stop();
        if (from?.swiping && event.clientX - from.x < -from.width * SWIPE_AWAY) away?.();
      },
      onPointerCancel: stop,
      onClickCapture: (event: MouseEvent): void => {
        if (left !== 0) event.stopPropagation();
      },
    },
  };
}
