/** Fetched once the first paint is done, so that a tap never waits for it. */
export const loadMore = () => import('./more.js');
