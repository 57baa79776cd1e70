import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { QueueItem } from '../../src/protocol/queue.js';
import { IconButton } from '../components/buttons.js';
import { Menu, type MenuEntry } from '../components/menu.js';
import { reveal, VirtualList } from '../components/virtual-list.js';
import { count, longTime } from '../state/format.js';
import { hrefOf } from '../state/route.js';
import { useStore } from '../state/store.js';
import { forText } from './hooks.js';
import { useRowDrag } from './queue-drag.js';
import { isWish, QueueRow } from './queue-row.js';

const ROW_HEIGHT = forText(68);

export function QueueView() {
  const store = useStore();
  const { house, queue, control } = store;
  const items = queue.items.value;
  const scroller = useRef<HTMLDivElement>(null);
  const [activeId, setActiveId] = useState<string>();
  const [menuFor, setMenuFor] = useState<QueueItem>();
  const focusNext = useRef<string | undefined>(undefined);
  const currentId = store.itemId.shown.value;
  const currentIndex = items.findIndex((item) => item.item_id === currentId);
  const activeIndex = Math.max(
    0,
    items.findIndex((item) => item.item_id === (activeId ?? currentId)),
  );

  const focusOn = (index: number): void => {
    const item = items[Math.max(0, Math.min(items.length - 1, index))];
    if (!item || !scroller.current) return;
    reveal(scroller.current, items.indexOf(item), ROW_HEIGHT);
    focusNext.current = item.item_id;
    setActiveId(item.item_id);
  };
  const move = (item: QueueItem, to: number): void => {
    if (to < 0 || to >= items.length) return;
    if (scroller.current) reveal(scroller.current, to, ROW_HEIGHT);
    focusNext.current = item.item_id;
    store.spoken.value = `${item.title}: position ${to + 1} of ${items.length}`;
    void queue.move(item.item_id, to);
  };
  const remove = (item: QueueItem, index: number): void => {
    if (item.item_id === activeId) focusOn(index === items.length - 1 ? index - 1 : index + 1);
    void store.removeItem(item);
  };
  const onKey = (event: KeyboardEvent, item: QueueItem, index: number): void => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step !== undefined && event.altKey) move(item, index + step);
    else if (step !== undefined) focusOn(index + step);
    else if (event.key === 'Delete' || event.key === 'Backspace') remove(item, index);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  // Moving a row in the document takes the focus from it: give it back when the row is where it belongs.
  useLayoutEffect(() => {
    if (focusNext.current === undefined) return;
    const row = scroller.current?.querySelector<HTMLElement>(
      `[data-item="${CSS.escape(focusNext.current)}"] .row-main`,
    );
    if (row && document.activeElement !== row) row.focus({ preventScroll: true });
  });
  useLayoutEffect(() => {
    if (scroller.current && currentIndex > 3) scroller.current.scrollTop = (currentIndex - 2) * ROW_HEIGHT;
  }, [house.roomId.value, items.length > 0]);

  const { drag, shift, handle } = useRowDrag({
    scroller,
    rowHeight: ROW_HEIGHT,
    count: items.length,
    drop: (item_id, _from, to) => void queue.move(item_id, to),
  });
  return (
    <section class="view queue-view" aria-label="Queue">
      <QueueHeader items={items} />
      {items.length === 0 && house.playback.value && <EmptyQueue />}
      <VirtualList
        scroller={scroller}
        class={drag ? 'dragging' : ''}
        label="Queue"
        count={items.length}
        rowHeight={ROW_HEIGHT}
        pinned={drag?.from}
        shift={shift}
        rowClass={(index) => (drag?.from === index ? 'dragged' : '')}
        keyOf={(index) => items[index]?.item_id ?? String(index)}
        row={(index) => {
          const item = items[index];
          if (!item) return null;
          return (
            <QueueRow
              item={item}
              current={item.item_id === currentId}
              playing={control.playing.shown.value}
              active={index === activeIndex}
              disabled={!house.live.value || store.guest.value}
              handle={handle(item.item_id, index)}
              onPlay={() => (isWish(item) ? setMenuFor(item) : store.itemId.set(item.item_id))}
              onMore={() => setMenuFor(item)}
              onRemove={() => remove(item, index)}
              onKey={(event) => onKey(event, item, index)}
              onFocus={() => {
                if (focusNext.current !== item.item_id) focusNext.current = undefined;
                setActiveId(item.item_id);
              }}
            />
          );
        }}
      />
      {menuFor && (
        <ItemMenu
          item={menuFor}
          index={items.findIndex((item) => item.item_id === menuFor.item_id)}
          last={items.length - 1}
          currentIndex={currentIndex}
          onMove={move}
          onRemove={remove}
          onClose={() => setMenuFor(undefined)}
        />
      )}
    </section>
  );
}

function QueueHeader({ items }: { items: readonly QueueItem[] }) {
  const store = useStore();
  const playback = store.house.playback.value;
  const guest = store.guest.value;
  const seconds = items.reduce((sum, item) => sum + (item.duration_seconds ?? 0), 0);
  return (
    <header class="view-header">
      <div>
        <h2>Queue</h2>
        <p>{items.length === 0 ? 'Empty' : `${count(items.length, 'track')} · ${longTime(seconds)}`}</p>
      </div>
      <div class="header-actions">
        <IconButton
          icon="undo"
          label="Undo"
          disabled={!playback?.can_undo || guest}
          onClick={() => void store.undo()}
        />
        <IconButton
          icon="redo"
          label="Redo"
          disabled={!playback?.can_redo || guest}
          onClick={() => void store.redo()}
        />
        <IconButton
          icon="save"
          label="Save as playlist"
          disabled={items.length === 0}
          onClick={() => (store.sheet.value = { kind: 'save-queue' })}
        />
        <IconButton
          icon="trash"
          label="Clear queue"
          disabled={items.length === 0 || guest}
          onClick={() => void store.clearQueue()}
        />
      </div>
    </header>
  );
}

function EmptyQueue() {
  return (
    <div class="empty">
      <p>Nothing is queued.</p>
      <a class="button primary" href={hrefOf({ view: 'library', section: 'albums' })}>
        Choose some music
      </a>
    </div>
  );
}

interface ItemMenuProps {
  readonly item: QueueItem;
  readonly index: number;
  readonly last: number;
  readonly currentIndex: number;
  readonly onMove: (item: QueueItem, to: number) => void;
  readonly onRemove: (item: QueueItem, index: number) => void;
  readonly onClose: () => void;
}

function ItemMenu({ item, index, last, currentIndex, onMove, onRemove, onClose }: ItemMenuProps) {
  const store = useStore();
  // Counted without the item itself.
  const afterCurrent = index <= currentIndex ? currentIndex : currentIndex + 1;
  const { album_id, track_id } = item;
  const guest = store.guest.value;
  const mine = item.added_by?.participant_id === store.seats.value[store.roomId];
  const orderEntries = (): readonly MenuEntry[] => [
    {
      icon: 'play',
      label: 'Play now',
      disabled: isWish(item),
      run: () => store.itemId.set(item.item_id),
    },
    {
      icon: 'next',
      label: 'Play next',
      disabled: index === currentIndex,
      run: () => onMove(item, afterCurrent),
    },
    { icon: 'up', label: 'Move up', disabled: index <= 0, run: () => onMove(item, index - 1) },
    { icon: 'down', label: 'Move down', disabled: index >= last, run: () => onMove(item, index + 1) },
    { icon: 'top', label: 'Move to the top', disabled: index <= 0, run: () => onMove(item, 0) },
  ];
  return (
    <Menu
      title={item.title}
      onClose={onClose}
      entries={[
        ...(guest ? [] : orderEntries()),
        ...(isWish(item) && !guest
          ? [
              {
                icon: 'down' as const,
                label: 'Show its download',
                run: () => store.router.go({ view: 'downloads' }),
              },
            ]
          : []),
        ...(album_id === undefined
          ? []
          : [
              {
                icon: 'disc' as const,
                label: 'Show album',
                run: () => store.router.go({ view: 'album', id: album_id }),
              },
            ]),
        ...(track_id === undefined
          ? []
          : [
              {
                icon: 'save' as const,
                label: 'Add to playlist…',
                run: () => (store.sheet.value = { kind: 'collect', name: item.title, track_ids: [track_id] }),
              },
            ]),
        ...(guest && !mine
          ? []
          : [{ icon: 'trash' as const, label: 'Remove', run: () => onRemove(item, index) }]),
      ]}
    />
  );
}
