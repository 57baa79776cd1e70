import { useEffect } from 'preact/hooks';
import { ALBUM_ORDERS, albumOrdersOf } from '../state/album-orders.js';
import { useStore } from '../state/store.js';
import { AlbumGrid } from './album-grid.js';
import '../styles/plays.css';

/** All albums, or those that were played, in an order that people choose. */
export function Albums() {
  const store = useStore();
  const { house } = store;
  const orders = albumOrdersOf(store);
  const order = orders.order.value;
  const albums = orders.list(order);
  const generation = house.library.value?.generation;
  // The catalog renews the order it has; what was played changes without a word, so that it is asked for with each look.
  useEffect(() => {
    if (order !== 'artist' && albums.total.peek() !== undefined) albums.refresh();
  }, [albums, generation, house.live.value]);
  return (
    <AlbumGrid
      key={order}
      albums={albums}
      label="Albums"
      before={
        <>
          <label class="album-order">
            <span>Order</span>
            <select
              value={order}
              onChange={({ currentTarget: { value } }) => {
                const chosen = ALBUM_ORDERS.find((one) => one.order === value);
                if (chosen) orders.order.value = chosen.order;
              }}
            >
              {ALBUM_ORDERS.map((one) => (
                <option key={one.order} value={one.order}>
                  {one.label}
                </option>
              ))}
            </select>
          </label>
          {albums.total.value === 0 && order.endsWith('_played') && (
            <div class="empty">
              <p>Nothing was played yet. A track counts when half of it was heard, or four minutes.</p>
            </div>
          )}
        </>
      }
    />
  );
}
