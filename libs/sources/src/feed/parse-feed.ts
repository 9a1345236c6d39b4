// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { parseFeed } from 'feedsmith';

/** One item of a feed in the one shape that agents read, whatever the feed's format was. Text is as received: untrusted. */
export interface FeedItem {
  /** guid or id; without one, the hash of link and title. */
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly link?: string;
  /** As the feed says it. */
  readonly published?: string;
  readonly lang?: string;
}

/** The bytes are no feed that can be read. */
export class FeedUnreadable extends Error {
  override readonly name = 'FeedUnreadable';
  readonly code = 'feed_unreadable';
}

const longest = { title: 2_000, summary: 100_000, link: 2_000, id: 1_000 } as const;

/**
 * Reads RSS 0.9x and 2.0, RDF (RSS 1.0), Atom and JSON Feed. No DTD is processed and no entity beyond XML's own five
 * and characters is expanded.
 * @param bytes the response body
 * @param declaredCharset charset of the content-type header, which beats the XML declaration (RFC 7303 section 3)
 * @throws FeedUnreadable
 */
export function readFeed(bytes: Buffer, declaredCharset: string | undefined, maxItems: number): FeedItem[] {
  const text = decode(bytes, declaredCharset);
  let parsed: ReturnType<typeof parseFeed>;
  try {
    parsed = parseFeed(text);
  } catch (error) {
    throw new FeedUnreadable(`not a feed in RSS, RDF, Atom or JSON Feed form: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return itemsOf(parsed).slice(0, maxItems);
}

function itemsOf(parsed: ReturnType<typeof parseFeed>): FeedItem[] {
  switch (parsed.format) {
    case 'rss':
      return rssItems(fieldsOf(parsed.feed));
    case 'atom':
      return atomItems(fieldsOf(parsed.feed));
    case 'rdf':
      return rdfItems(fieldsOf(parsed.feed));
    case 'json':
      return jsonItems(fieldsOf(parsed.feed));
  }
}

const rssItems = (feed: Fields): FeedItem[] =>
  list(feed['items']).map((item) => itemOf({ id: text(item['guid']), title: text(item['title']), summary: text(item['description']) ?? text(at(item['content'], 'encoded')), link: text(item['link']), published: text(item['pubDate']) ?? firstDate(item['dc']), lang: text(feed['language']) }));

const rdfItems = (feed: Fields): FeedItem[] =>
  list(feed['items']).map((item) => itemOf({ id: text(at(item['rdf'], 'about')) ?? text(item['link']), title: text(item['title']), summary: text(item['description']), link: text(item['link']), published: firstDate(item['dc']), lang: undefined }));

const atomItems = (feed: Fields): FeedItem[] =>
  list(feed['entries']).map((entry) => {
    const links = list(entry['links']);
    const link = links.find((candidate) => candidate['rel'] === undefined || candidate['rel'] === 'alternate') ?? links[0];
    return itemOf({ id: text(entry['id']), title: text(entry['title']), summary: text(entry['summary']) ?? text(entry['content']), link: text(link?.['href']), published: text(entry['published']) ?? text(entry['updated']), lang: text(at(feed, 'lang')) });
  });

const jsonItems = (feed: Fields): FeedItem[] =>
  list(feed['items']).map((item) => itemOf({ id: text(item['id']), title: text(item['title']) ?? text(item['summary']), summary: text(item['content_text']) ?? text(item['content_html']) ?? text(item['summary']), link: text(item['url']), published: text(item['date_published']), lang: text(item['language']) ?? text(feed['language']) }));

function itemOf(found: { id: string | undefined; title: string | undefined; summary: string | undefined; link: string | undefined; published: string | undefined; lang: string | undefined }): FeedItem {
  const title = cut(found.title ?? '', longest.title);
  const link = found.link === undefined ? undefined : cut(found.link, longest.link);
  const id = found.id?.isWellFormed() && found.id.length <= longest.id ? found.id : createHash('sha256').update(`${found.id ?? ''}\n${link ?? ''}\n${title}`).digest('base64url');
  return {
    id,
    title,
    summary: cut(found.summary ?? '', longest.summary),
    ...(link !== undefined && { link }),
    ...(found.published !== undefined && { published: cut(found.published, 64) }),
    ...(found.lang !== undefined && { lang: cut(found.lang, 35) }),
  };
}

/** Feeds can spell half a surrogate pair, and a cut can make one: no reader of signals would take it. */
const cut = (text: string, most: number): string => text.slice(0, most).toWellFormed();

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
const at = (value: unknown, name: string): unknown => (isFields(value) ? value[name] : undefined);

/** Dublin Core has its dates as a list. */
const firstDate = (dc: unknown): string | undefined => {
  const dates = at(dc, 'dates');
  return text(at(dc, 'date')) ?? (Array.isArray(dates) ? text(dates[0]) : undefined);
};

/** Text of a plain field, or of one with attributes, which has it under `value`. */
function text(value: unknown): string | undefined {
  const plain = isFields(value) ? value['value'] : value;
  return typeof plain === 'string' && plain.trim() !== '' ? plain : undefined;
}

/** Charset by header, else byte order mark, else XML declaration, else UTF-8. */
function decode(bytes: Buffer, declared: string | undefined): string {
  const head = bytes.subarray(0, 200).toString('latin1');
  const named = declared ?? (bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : /^\s*<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']/.exec(head)?.[1]) ?? 'utf-8';
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(named);
  } catch (error) {
    throw new FeedUnreadable(`the encoding "${named}" is not known`, { cause: error });
  }
  return decoder.decode(bytes);
}
