import { AppError } from '../../base/index.js';

export interface Episode {
  /** The same for the same episode as long as there is the feed. */
  readonly guid: string;
  readonly title: string;
  readonly url: string;
  /** Milliseconds since 1970; 0 when the feed does not say. */
  readonly published_ms: number;
}

export interface FeedText {
  readonly title: string;
  /** As they stand in the feed. */
  readonly episodes: readonly Episode[];
}

export const MAX_FEED_BYTES = 4 * 1024 * 1024;
const MOST_EPISODES = 2000;
const MOST_DEPTH = 64;
const MAX_TEXT = 4096;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([^\s<>/]+)((?:[^<>"']|"[^"]*"|'[^']*')*)>|([^<]+)/gy;

/**
 * What matters to us of RSS 2.0 and Atom: enclosures with sound. No document types, no entities but the five of XML and numbers, nothing is
 * fetched, sizes and depth are bounded. Throws ERR_SOURCE for what is no feed.
 */
export function readFeed(text: string): FeedText {
  if (text.length > MAX_FEED_BYTES) throw noFeed('it is too long');
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw noFeed('it brings a document type');
  const reader = new Reader();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw noFeed(`it is not well-formed at character ${at}`);
    const [, cdata, slash, name, attributes = '', plain] = match;
    if (cdata !== undefined) reader.text(cdata);
    else if (plain !== undefined) reader.text(decoded(plain));
    else if (name !== undefined && slash === '/') reader.close(name.toLowerCase());
    else if (name !== undefined) reader.open(name.toLowerCase(), attributes);
  }
  return reader.feed();
}

const noFeed = (why: string): AppError =>
  new AppError('ERR_SOURCE', `This is no podcast feed: ${why}`, { retryable: false });

class Reader {
  readonly #path: string[] = [];
  readonly #episodes: Episode[] = [];
  #root = '';
  #title = '';
  #item: Map<string, string> | undefined;
  #text = '';

  open(name: string, attributes: string): void {
    this.#root ||= name;
    this.#text = '';
    if (name === 'item' || name === 'entry') this.#item = new Map();
    const values = attributesOf(attributes);
    if (name === 'enclosure') this.#enclosure(values.get('url'), values.get('type'));
    if (name === 'link' && values.get('rel') === 'enclosure')
      this.#enclosure(values.get('href'), values.get('type'));
    if (attributes.trimEnd().endsWith('/')) return;
    this.#path.push(name);
    if (this.#path.length > MOST_DEPTH) throw noFeed('it is nested too deeply');
  }

  text(more: string): void {
    if (this.#text.length < MAX_TEXT) this.#text += more.slice(0, MAX_TEXT - this.#text.length);
  }

  close(name: string): void {
    if (this.#path.pop() !== name) throw noFeed(`</${name.slice(0, 20)}> closes nothing`);
    const text = this.#text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
    this.#text = '';
    if (name === 'item' || name === 'entry') this.#episode();
    else if (this.#item) {
      if (ITEM_FIELDS.includes(name) && !this.#item.has(name)) this.#item.set(name, text);
    } else if (name === 'title' && this.#title === '' && this.#path.length <= 2) this.#title = text;
  }

  feed(): FeedText {
    if (this.#root !== 'rss' && this.#root !== 'feed') throw noFeed('it is something else');
    if (this.#path.length > 0) throw noFeed('it breaks off');
    return { title: this.#title.slice(0, 200) || 'Podcast', episodes: this.#episodes };
  }

  #enclosure(url: string | undefined, type: string | undefined): void {
    if (!this.#item || url === undefined || this.#item.has('enclosure')) return;
    if (type !== undefined && type !== '' && !/^(?:audio|video)\/|octet-stream/.test(type)) return;
    if (/^https?:\/\/\S+$/i.test(url) && url.length <= 2048) this.#item.set('enclosure', url);
  }

  #episode(): void {
    const item = this.#item;
    this.#item = undefined;
    const url = item?.get('enclosure');
    if (item === undefined || url === undefined || this.#episodes.length >= MOST_EPISODES) return;
    const published = Date.parse(item.get('pubdate') ?? item.get('published') ?? item.get('updated') ?? '');
    this.#episodes.push({
      guid: (item.get('guid') || item.get('id') || url).slice(0, 1000),
      title: (item.get('title') || 'Episode').slice(0, 200),
      url,
      published_ms: Number.isFinite(published) ? published : 0,
    });
  }
}

const ITEM_FIELDS = ['title', 'guid', 'id', 'pubdate', 'published', 'updated'];

function attributesOf(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, name, double, single] of text.matchAll(/([^\s=/"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    if (name !== undefined) values.set(name.toLowerCase(), decoded(double ?? single ?? ''));
  return values;
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name)] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    const text = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return text ? String.fromCodePoint(code) : whole;
  });
}

/** The newest first; where the feed says no times, as it has them. */
export function newest(episodes: readonly Episode[], keep: number): Episode[] {
  return episodes.toSorted((a, b) => b.published_ms - a.published_ms).slice(0, keep);
}
