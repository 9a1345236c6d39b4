// SPDX-License-Identifier: Apache-2.0
// Feeds as they are found: formats, encodings, and what hostile or broken servers send. The fixtures are our own.
import { describe, expect, it } from 'vitest';
import { FeedUnreadable, readFeed } from '../feed/parse-feed.js';

const read = (feed: string | Buffer, charset?: string) => readFeed(typeof feed === 'string' ? Buffer.from(feed) : feed, charset, 100);
const rss = (item: string, version = '2.0', prolog = '<?xml version="1.0"?>'): string => `${prolog}<rss version="${version}"><channel><title>t</title><link>https://a.example/</link><description>d</description>${item}</channel></rss>`;
const item = '<item><title>Rate unchanged</title><link>https://a.example/1</link><guid>urn:1</guid></item>';
const atom = (entry: string, namespace = 'http://www.w3.org/2005/Atom'): string => `<?xml version="1.0" encoding="utf-8"?><feed xmlns="${namespace}"><title>t</title><id>urn:f</id><updated>2026-11-24T10:00:00Z</updated>${entry}</feed>`;

describe('formats', () => {
  it.each(['0.91', '0.92', '2.0'])('RSS %s', (version) => {
    expect(read(rss(item, version))).toEqual([{ id: 'urn:1', title: 'Rate unchanged', summary: '', link: 'https://a.example/1' }]);
  });

  it('RSS 2.0 with the content module, CDATA and a date of RFC 822', () => {
    const [found] = read(rss('<item><guid isPermaLink="false">urn:2</guid><title><![CDATA[A & B <i>rise</i>]]></title><content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[<p>Text</p>]]></content:encoded><pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate></item>'));
    expect(found).toMatchObject({ id: 'urn:2', title: 'A & B <i>rise</i>', summary: '<p>Text</p>', published: 'Tue, 24 Nov 2026 10:00:00 GMT' });
  });

  it('RSS 1.0 as RDF', () => {
    const rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://a.example/"><title>t</title></channel><item rdf:about="urn:1"><title>A</title><link>https://a.example/1</link></item></rdf:RDF>';
    expect(read(rdf)).toMatchObject([{ id: 'urn:1', title: 'A', link: 'https://a.example/1' }]);
  });

  it('Atom 1.0 with several links and a summary in XHTML', () => {
    const entry = '<entry><id>urn:1</id><title type="html">A &amp;amp; B</title><updated>2026-11-24T10:00:00Z</updated><link rel="self" href="https://a.example/self"/><link rel="alternate" href="https://a.example/1"/><summary type="text">S</summary></entry>';
    expect(read(atom(entry))).toMatchObject([{ id: 'urn:1', link: 'https://a.example/1', summary: 'S', published: '2026-11-24T10:00:00Z' }]);
  });

  it.each(['https://jsonfeed.org/version/1', 'https://jsonfeed.org/version/1.1'])('JSON Feed: %s', (version) => {
    expect(read(JSON.stringify({ version, title: 't', items: [{ id: '1', url: 'https://a.example/1', title: 'A', content_html: '<p>x</p>' }] }))).toMatchObject([{ id: '1', title: 'A', summary: '<p>x</p>' }]);
  });

  it('a feed without items is a feed', () => {
    expect(read(rss(''))).toEqual([]);
    expect(read(atom(''))).toEqual([]);
    expect(read('{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[]}')).toEqual([]);
  });
});

describe('encodings', () => {
  const named = (encoding: string): string => rss('<item><guid>1</guid><title>TITLE</title></item>', '2.0', `<?xml version="1.0" encoding="${encoding}"?>`);
  const withTitle = (encoding: string, title: Buffer): Buffer => {
    const [before, after] = named(encoding).split('TITLE');
    return Buffer.concat([Buffer.from(before ?? '', 'latin1'), title, Buffer.from(after ?? '', 'latin1')]);
  };

  it.each([
    ['ISO-8859-1', 'Zürich', Buffer.from('Zürich', 'latin1')],
    ['windows-1252', '€5', Buffer.from([0x80, 0x35])],
    ['ISO-8859-15', '€5', Buffer.from([0xa4, 0x35])],
    ['Shift_JIS', '日本', Buffer.from([0x93, 0xfa, 0x96, 0x7b])],
    ['GB18030', '中国', Buffer.from([0xd6, 0xd0, 0xb9, 0xfa])],
    ['KOI8-R', 'Мир', Buffer.from([0xed, 0xc9, 0xd2])],
    ['UTF-8', 'Zürich', Buffer.from('Zürich')],
  ])('%s by the declaration, and by the header', (encoding, title, bytes) => {
    expect(read(withTitle(encoding, bytes))[0]?.title).toBe(title);
    expect(read(withTitle('us-ascii', bytes), encoding)[0]?.title).toBe(title);
  });

  it.each([['utf-16le', [0xff, 0xfe]], ['utf-16be', [0xfe, 0xff]]] as const)('%s by its byte order mark', (encoding, mark) => {
    const text = Buffer.from(rss('<item><guid>1</guid><title>Zürich</title></item>', '2.0', ''), 'utf16le');
    expect(read(Buffer.concat([Buffer.from(mark), encoding === 'utf-16be' ? text.swap16() : text]))[0]?.title).toBe('Zürich');
  });

  it('UTF-8 with a byte order mark', () => {
    expect(read(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(rss(item))]))).toHaveLength(1);
  });

  it('an encoding that nobody knows is refused by its name', () => {
    expect(() => read(withTitle('x-unknown', Buffer.from('a')))).toThrow(/x-unknown/);
  });

  it('bytes that are no text of the encoding are replaced, not refused', () => {
    expect(read(withTitle('UTF-8', Buffer.from([0x41, 0xff, 0x42])))[0]?.title).toBe('A\ufffdB');
  });
});

describe('hostile and broken feeds', () => {
  const titleOf = (feed: string): string => read(feed)[0]?.title ?? '';

  it('entities of a DTD are neither expanded nor fetched', () => {
    const laughs = `<!DOCTYPE r [<!ENTITY a "ha">${Array.from({ length: 20 }, (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? '' : n - 1};`.repeat(10)}">`).join('')}]>`;
    expect(titleOf(rss('<item><guid>1</guid><title>&a19;</title></item>', '2.0', laughs))).not.toContain('haha');
    expect(() => read(rss('<item><guid>1</guid><title>&x;</title></item>', '2.0', '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'))).toThrow(FeedUnreadable);
    expect(titleOf(rss('<item><guid>1</guid><title>&x;</title></item>', '2.0', '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/evil.dtd">'))).not.toContain('evil');
  });

  it.each([
    ['nothing', ''],
    ['a web page', '<!doctype html><html><head><title>t</title></head></html>'],
    ['a web page that speaks of rss', '<html><body>&lt;rss&gt;</body></html>'],
    ['a feed that is cut off', rss(item).slice(0, 60)],
    ['plain text', 'service unavailable'],
    ['JSON that is no feed', '{"items":[{"id":1}]}'],
    ['a JSON number', '5'],
    ['JSON null', 'null'],
    ['an XML document of something else', '<?xml version="1.0"?><note><to>you</to></note>'],
    ['zero bytes', '\0\0\0\0'],
  ])('%s is refused as no feed', (_, feed) => {
    expect(() => read(feed)).toThrow(FeedUnreadable);
  });

  it.each([
    ['elements nested a hundred thousand deep', rss(`<item><guid>1</guid><title>${'<b>'.repeat(100_000)}</title></item>`)],
    ['a hundred thousand attributes', rss(`<item ${Array.from({ length: 100_000 }, (_, n) => `a${n}="x"`).join(' ')}><guid>1</guid></item>`)],
    ['a comment that never ends', `${rss(item)}<!-- ${'-'.repeat(100_000)}`],
    ['a CDATA section that never ends', rss(`<item><title><![CDATA[${'x'.repeat(100_000)}</title></item>`)],
    ['JSON nested a hundred thousand deep', `{"version":"https://jsonfeed.org/version/1.1","title":"t","items":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['names that mean something to JavaScript', rss('<item><guid>1</guid><__proto__><polluted>1</polluted></__proto__><constructor>1</constructor></item>')],
  ])('%s harm nobody: it is read or refused', (_, feed) => {
    try {
      expect(read(feed).length).toBeLessThanOrEqual(100);
    } catch (error) {
      expect(error).toBeInstanceOf(FeedUnreadable);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('huge items are cut, and there are never more than asked for', () => {
    const huge = read(rss(`<item><guid>${'g'.repeat(5_000)}</guid><title>${'t'.repeat(1_000_000)}</title><description>${'d'.repeat(1_000_000)}</description></item>`));
    expect([huge[0]?.id.length, huge[0]?.title.length, huge[0]?.summary.length]).toEqual([43, 2_000, 100_000]);
    expect(readFeed(Buffer.from(rss('<item><title>a</title></item>'.repeat(10_000))), undefined, 7)).toHaveLength(7);
  });

  it.each(['&#xD800;', '&#x110000;', '&#0;', '&#xFFFFFFFFFF;', '&nbsp;', '&'])('the reference %s makes no text that a reader of signals would refuse', (reference) => {
    for (const { title, id } of read(rss(`<item><guid>${reference}1</guid><title>a${reference}b</title></item>`))) expect([title.isWellFormed(), id.isWellFormed()]).toEqual([true, true]);
    expect(read('{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"\\ud800","title":"\\ud800"}]}')[0]?.title).toBe('\ufffd');
  });

  it('an item that is cut between two halves of a character is still text', () => {
    const [cut] = read(rss(`<item><guid>1</guid><title>${'x'.repeat(1_999)}😀</title></item>`));
    expect(cut?.title.isWellFormed()).toBe(true);
  });
});
