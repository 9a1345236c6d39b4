// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { readFeed } from './parse-feed.js';

const rss = (item: string, channel = ''): Buffer => Buffer.from(`<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>${channel}${item}</channel></rss>`);
const read = (bytes: Buffer, charset?: string): ReturnType<typeof readFeed> => readFeed(bytes, charset, 100);

describe('feeds', () => {
  it('RSS, Atom, RDF and JSON Feed yield the same item', () => {
    const expected = { id: 'urn:1', title: 'Rate unchanged', summary: 'The council kept its rate.', link: 'https://a.example/1', published: '2026-11-24T10:00:00Z' };
    const formats = [
      rss('<item><guid>urn:1</guid><title>Rate unchanged</title><link>https://a.example/1</link><description>The council kept its rate.</description><pubDate>2026-11-24T10:00:00Z</pubDate></item>'),
      Buffer.from('<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>urn:1</id><title>Rate unchanged</title><link href="https://a.example/1"/><published>2026-11-24T10:00:00Z</published><summary>The council kept its rate.</summary></entry></feed>'),
      Buffer.from('<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="c"><title>t</title></channel><item rdf:about="urn:1"><title>Rate unchanged</title><link>https://a.example/1</link><description>The council kept its rate.</description><dc:date>2026-11-24T10:00:00Z</dc:date></item></rdf:RDF>'),
      Buffer.from(JSON.stringify({ version: 'https://jsonfeed.org/version/1.1', title: 't', items: [{ id: 'urn:1', title: 'Rate unchanged', url: 'https://a.example/1', content_text: 'The council kept its rate.', date_published: '2026-11-24T10:00:00Z' }] })),
    ];
    for (const bytes of formats) expect(read(bytes)).toEqual([expected]);
  });

  it('an item without an id is recognised when it comes again', () => {
    const item = '<item><title>A</title><link>https://a.example/1</link></item>';
    expect(read(rss(item))[0]?.id).toBe(read(rss(item, '<ttl>5</ttl>'))[0]?.id);
    expect(read(rss(item))[0]?.id).not.toBe(read(rss('<item><title>B</title><link>https://a.example/1</link></item>'))[0]?.id);
  });

  it('entities of a DTD are not expanded, so no billion laughs', () => {
    const bomb = Buffer.from('<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><rss version="2.0"><channel><title>t</title><item><guid>1</guid><title>&b;</title></item></channel></rss>');
    expect(read(bomb)[0]?.title).not.toContain('haha');
  });

  it('the charset of the header beats the declaration, and both are obeyed', () => {
    const latin = (declaration: string): Buffer => Buffer.from(`<?xml version="1.0"${declaration}?><rss version="2.0"><channel><title>t</title><item><guid>1</guid><title>Zürich</title></item></channel></rss>`, 'latin1');
    expect(read(latin(' encoding="ISO-8859-1"'))[0]?.title).toBe('Zürich');
    expect(read(latin(''), 'iso-8859-1')[0]?.title).toBe('Zürich');
  });

  it.each([['an empty body', ''], ['a web page', '<!doctype html><html><body>moved</body></html>'], ['cut off', '<?xml version="1.0"?><rss version="2.0"><chan']])('%s is refused, not taken as a feed without items', (_, body) => {
    expect(() => read(Buffer.from(body))).toThrow(/not a feed/);
  });

  it('huge fields are cut and items are bounded', () => {
    const item = `<item><guid>1</guid><title>${'x'.repeat(10_000)}</title></item>`;
    expect(readFeed(rss(item.repeat(5)), undefined, 3)).toHaveLength(3);
    expect(read(rss(item))[0]?.title).toHaveLength(2_000);
  });
});
