import { describe, expect, it } from 'vitest';
import { newest, readFeed } from './feed-xml.js';

const item = (n: number, more = ''): string =>
  `<item><title>Episode ${n}</title><guid isPermaLink="false">g${n}</guid><pubDate>Fri, ${10 + n} Nov 2026 09:00:00 GMT</pubDate>
   <enclosure url="https://pod.example/${n}.mp3?a=1&amp;b=2" length="1" type="audio/mpeg"/>${more}</item>`;
const rss = (items: string): string =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>The &lt;Show&gt; &amp; &#8220;more&#x201d;</title><image><title>Logo</title></image>${items}</channel></rss>`;

describe('a podcast feed', () => {
  it('is read with its episodes', () => {
    const { title, episodes } = readFeed(rss(item(1) + item(2)));
    expect(title).toBe('The <Show> & “more”');
    expect(episodes).toEqual([
      {
        guid: 'g1',
        title: 'Episode 1',
        url: 'https://pod.example/1.mp3?a=1&b=2',
        published_ms: Date.UTC(2026, 10, 11, 9),
      },
      {
        guid: 'g2',
        title: 'Episode 2',
        url: 'https://pod.example/2.mp3?a=1&b=2',
        published_ms: Date.UTC(2026, 10, 12, 9),
      },
    ]);
  });

  it('is read from Atom', () => {
    const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Show</title><entry><title>One</title><id>urn:1</id>
      <link rel="alternate" href="https://pod.example/page"/><link rel="enclosure" type="audio/ogg" href="https://pod.example/1.ogg"/>
      <updated>2026-11-20T09:00:00Z</updated></entry></feed>`;
    expect(readFeed(atom).episodes).toEqual([
      {
        guid: 'urn:1',
        title: 'One',
        url: 'https://pod.example/1.ogg',
        published_ms: Date.UTC(2026, 10, 20, 9),
      },
    ]);
  });

  it('keeps markup in text as text', () => {
    const odd =
      '<item><title><![CDATA[<b>A & B</b>]]></title><enclosure url="https://x.example/a.mp3"/></item>';
    expect(readFeed(rss(odd)).episodes[0]?.title).toBe('<b>A & B</b>');
  });

  it('passes over items without sound, and addresses that are none of the web', () => {
    const items =
      '<item><title>text</title></item><item><enclosure url="file:///etc/passwd" type="audio/mpeg"/></item>' +
      '<item><enclosure url="https://x.example/a.pdf" type="application/pdf"/></item>';
    expect(readFeed(rss(items)).episodes).toEqual([]);
  });

  it.each([
    ['<!DOCTYPE rss [<!ENTITY a "aaaa">]>' + rss(item(1)), 'document type'],
    ['<!doctype html><html></html>', 'document type'],
    ['<html><body>no</body></html>', 'something else'],
    [rss(item(1)).slice(0, -6), 'breaks off'],
    ['<rss><channel></rss></channel>', 'closes nothing'],
    ['<a>'.repeat(100), 'nested'],
    ['<rss', 'well-formed'],
    ['', 'something else'],
    ['{"json":1}', 'something else'],
  ])('refuses %j', (text, why) => {
    expect(() => readFeed(text)).toThrow(why);
  });

  it('leaves entities alone that it does not know', () => {
    expect(
      readFeed(
        rss('<item><title>&xxe; &#0; &#xD800;</title><enclosure url="https://x.example/a.mp3"/></item>'),
      ).episodes[0]?.title,
    ).toBe('&xxe; &#0; &#xD800;');
  });

  it('is read in a moment, however it is made', () => {
    const hostile = [
      `<rss${' a="b'.repeat(50_000)}`,
      '<'.repeat(200_000),
      `<rss ${'a'.repeat(500_000)}`,
      `<![CDATA[${'<'.repeat(300_000)}`,
    ];
    const begin = process.hrtime.bigint();
    for (const text of hostile) expect(() => readFeed(text)).toThrow('no podcast feed');
    expect(Number(process.hrtime.bigint() - begin) / 1e9).toBeLessThan(10);
  });

  it('gives the newest episodes first', () => {
    const { episodes } = readFeed(rss(item(1) + item(3) + item(2)));
    expect(newest(episodes, 2).map(({ guid }) => guid)).toEqual(['g3', 'g2']);
  });
});
