import { describe, expect, it } from 'vitest';
import { hrefOf, parseRoute, type Route } from './route.js';

describe('routes', () => {
  it('come back from their address', () => {
    const routes: Route[] = [
      { view: 'playing' },
      { view: 'queue' },
      { view: 'problems' },
      { view: 'activity' },
      { view: 'people' },
      { view: 'downloads' },
      { view: 'trash' },
      { view: 'review', id: 'c1' },
      { view: 'library', section: 'artists' },
      { view: 'album', id: 'a:b.c-1%' },
      { view: 'sync', id: 'living-room' },
      { view: 'party', id: 'living-room' },
      { view: 'join', id: 'a/b', invite: 'x+y=&?/z' },
      { view: 'join', id: 'kitchen' },
    ];
    expect(routes.map((route) => parseRoute(hrefOf(route)))).toEqual(routes);
  });
  it('lead to what plays when nobody knows them', () => {
    expect(['', '#', '#/nowhere', '#/%E0%A4%A'].map((hash) => parseRoute(hash).view)).toEqual(
      Array<string>(4).fill('playing'),
    );
  });
});
