import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerXml } from './fake-musicbrainz-xml.js';

export interface StubTrack {
  readonly title: string;
  readonly seconds: number;
  /** When it is not that of the release. */
  readonly artist?: string;
}

export interface StubRelease {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly artist: string;
  readonly date: string;
  /** Of the first release of the group, when it is another. */
  readonly first?: string;
  readonly media: string;
  readonly country: string;
  readonly discs: readonly (readonly StubTrack[])[];
  /** Hidden before the first track of the first disc. */
  readonly pregap?: StubTrack;
  /** After the last track, for computers only. */
  readonly dataTrack?: StubTrack;
}

/** How it misbehaves. `lying`: well-formed answers about other albums. */
export type Fault = 'none' | 'every-third' | 'slow' | 'garbage' | 'lying' | 'not-found' | 'down';

/** The same id for the same words, in the form that MusicBrainz uses. */
export function mbid(words: string): string {
  const hex = createHash('sha1').update(words).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const VARIOUS = '89ad4ac3-39f7-470e-963a-56509c546377';
export const artistId = (name: string): string =>
  name === 'Various Artists' ? VARIOUS : mbid(`artist ${name}`);

const SLOW_MS = 300;

/** A MusicBrainz of a few releases: searches and lookups of ws/2, in JSON for Tutti and in XML for beets. */
export class FakeMusicBrainz {
  fault: Fault = 'none';
  /** What was asked, with the user agent. */
  readonly asked: { readonly path: string; readonly agent: string }[] = [];
  readonly #releases = new Map<string, StubRelease>();
  readonly #server: Server;

  private constructor(releases: readonly StubRelease[]) {
    for (const release of releases) this.#releases.set(release.id, release);
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(releases: readonly StubRelease[]): Promise<FakeMusicBrainz> {
    const fake = new FakeMusicBrainz(releases);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  add(release: StubRelease): void {
    this.#releases.set(release.id, release);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push({ path: request.url ?? '', agent: request.headers['user-agent'] ?? '' });
    switch (this.fault) {
      case 'down':
        request.socket.destroy();
        return;
      case 'every-third':
        if (this.asked.length % 3 === 0)
          return void response.writeHead(503, { 'retry-after': '0' }).end('busy');
        break;
      case 'garbage':
        return void response.end(
          this.asked.length % 2 === 0 ? '<html>try later' : '{"releases": 7, "id": ["x"]}',
        );
      case 'not-found':
        return void response.writeHead(404).end('{}');
      case 'slow':
        setTimeout(() => this.#tell(request, response), SLOW_MS);
        return;
      case 'none':
      case 'lying':
        break;
      default:
        this.fault satisfies never;
    }
    this.#tell(request, response);
  }

  #tell(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', this.url);
    const isJson = url.searchParams.get('fmt') === 'json';
    const query = url.searchParams.get('query');
    const id = /^\/ws\/2\/release\/([0-9a-f-]{36})$/.exec(url.pathname)?.[1];
    response.setHeader('content-type', isJson ? 'application/json' : 'application/xml; charset=utf-8');
    if (query !== null) {
      const hits = this.#search(query, Number(url.searchParams.get('limit') ?? 25));
      response.end(
        isJson
          ? JSON.stringify({ count: hits.length, offset: 0, releases: hits.map((one) => summary(one)) })
          : answerXml(hits, true),
      );
      return;
    }
    const release = id === undefined ? undefined : this.#look(id);
    if (!release) return void response.writeHead(404).end('{"error":"Not Found"}');
    response.end(isJson ? JSON.stringify(full(release)) : answerXml([release], false));
  }

  #look(id: string): StubRelease | undefined {
    const found = this.#releases.get(id);
    if (this.fault !== 'lying' || !found) return found;
    const all = [...this.#releases.values()];
    return { ...all[(all.indexOf(found) + 7) % all.length]!, id };
  }

  /** Words in common, as an index would count them: names of signs alone cannot be found. */
  #search(query: string, limit: number): StubRelease[] {
    const part = (name: string): string[] =>
      words(
        /* the last bracket that is not escaped */ new RegExp(`${name}:\\(((?:[^()\\\\]|\\\\.)*)\\)`).exec(
          query,
        )?.[1] ?? '',
      );
    const [title, artist] = [part('release'), part('artist')];
    const isVarious = query.includes(VARIOUS);
    return [...this.#releases.values()]
      .map((release) => {
        const ofTitle = share(title, words(release.title));
        const ofArtist = isVarious
          ? release.artist === 'Various Artists'
            ? 1
            : 0
          : share(artist, words(release.artist));
        return { release, score: ofTitle * 2 + ofArtist };
      })
      .filter(({ score }) => score > 0.3)
      .toSorted((a, b) => b.score - a.score || (a.release.id < b.release.id ? -1 : 1))
      .slice(0, limit)
      .map(({ release }) => release);
  }
}

const words = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];

function share(asked: readonly string[], there: readonly string[]): number {
  if (asked.length === 0 || there.length === 0) return 0;
  const found = asked.filter((word) => there.includes(word)).length;
  return found / Math.max(asked.length, there.length);
}

const credit = (artist: string): unknown[] => [
  { name: artist, joinphrase: '', artist: { id: artistId(artist), name: artist } },
];

const head = ({ id, group, title, artist, date, first = date, country }: StubRelease): object => ({
  id,
  title,
  date,
  country,
  'artist-credit': credit(artist),
  'release-group': { id: group, 'primary-type': 'Album', 'first-release-date': first },
});

const summary = (release: StubRelease): object => ({
  ...head(release),
  score: 100,
  'track-count': release.discs.flat().length,
  media: release.discs.map((disc) => ({ format: release.media, 'track-count': disc.length })),
});

export const recordingId = ({ group }: StubRelease, { title, seconds }: StubTrack): string =>
  mbid(`recording ${group} ${title} ${seconds}`);

function full(release: StubRelease): object {
  const track = (disc: number) => (one: StubTrack, n: number) => ({
    id: mbid(`track ${release.id} ${disc} ${n}`),
    position: n + 1,
    number: String(n + 1),
    title: one.title,
    length: Math.round(one.seconds * 1000),
    'artist-credit': credit(one.artist ?? release.artist),
    recording: { id: recordingId(release, one), title: one.title, length: Math.round(one.seconds * 1000) },
  });
  return {
    ...head(release),
    'label-info': [{ label: { id: mbid('label'), name: 'Small Label' } }],
    media: release.discs.map((disc, n) => ({
      position: n + 1,
      format: release.media,
      'track-count': disc.length,
      ...(n === 0 && release.pregap && { pregap: { ...track(0)(release.pregap, -1), position: 0 } }),
      ...(n === release.discs.length - 1 &&
        release.dataTrack && { 'data-tracks': [track(9)(release.dataTrack, disc.length)] }),
      tracks: disc.map(track(n)),
    })),
  };
}
