// SPDX-License-Identifier: Apache-2.0
import { createEgress, type Egress, EgressError, type EgressResponse, type EgressRule } from '@nervus/egress';
import { ServiceClock } from '@nervus/service-kit';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type FeedItem, FeedUnreadable, readFeed } from '@nervus/sources';
import { feedAnswer, validatorOf } from '../../domain/feed-answer.js';

/** What a feed says now. */
export type Fetched =
  | { readonly kind: 'items'; readonly items: readonly FeedItem[]; readonly body: Buffer; readonly etag?: string; readonly lastModified?: string; readonly movedTo?: string }
  | { readonly kind: 'unchanged'; readonly movedTo?: string }
  | { readonly kind: 'gone' }
  /** `reason` is a code that is fit for a label of a metric. */
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string; readonly retryAfterSeconds?: number; readonly movedTo?: string };

/** What was read last time. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

const timeoutMs = 8_000;
const mostBytes = 4 * 1024 * 1024;
const mostRedirects = 3;
const accept = 'application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8';

/** Fetches feeds through the guarded way out, each from the one host that its manifest names. */
@Injectable()
export class FeedClient implements OnModuleDestroy {
  private readonly egress: Egress = createEgress({ userAgent: 'nervus-ingestion' });

  /** @param internal `host:port` of feeds that may be on the inside network */
  constructor(
    private readonly clock: ServiceClock,
    private readonly internal: ReadonlySet<string>,
  ) {}

  onModuleDestroy(): Promise<void> {
    return this.egress.close();
  }

  /** Asks for a feed, by the validators of what was read last. Never rejects: what fails is told. */
  async fetch(url: string, validators: Validators, maxItems: number): Promise<Fetched> {
    const signal = AbortSignal.timeout(timeoutMs);
    const rule = this.ruleFor(url);
    let at = url;
    let movedTo: string | undefined;
    let onlyPermanent = true;
    try {
      for (let hop = 0; hop <= mostRedirects; hop++) {
        const response = await this.egress.request({ url: at, headers: { accept, ...conditions(validators) }, rule, timeoutMs, signal, maxResponseBytes: mostBytes, maxRedirects: 0 });
        const answer = feedAnswer(response.status, response.headers, at, this.clock.now());
        const moved = movedTo === undefined ? {} : { movedTo };
        switch (answer.kind) {
          case 'content':
            return { ...contentOf(response, maxItems), ...moved };
          case 'unchanged':
            return { kind: 'unchanged', ...moved };
          case 'gone':
            return { kind: 'gone' };
          case 'failed':
            return { kind: 'failed', reason: answer.reason, detail: `the feed answered ${response.status}`, ...(answer.retryAfterSeconds !== undefined && { retryAfterSeconds: answer.retryAfterSeconds }), ...moved };
          case 'redirect':
            // Only an unbroken chain of permanent moves says where the feed lives now.
            onlyPermanent &&= answer.permanent;
            if (onlyPermanent) movedTo = answer.to;
            at = answer.to;
        }
      }
      return { kind: 'failed', reason: 'too_many_redirects', detail: `more than ${mostRedirects} redirects`, ...(movedTo !== undefined && { movedTo }) };
    } catch (error) {
      return { ...failureOf(error), ...(movedTo !== undefined && { movedTo }) };
    }
  }

  private ruleFor(address: string): EgressRule {
    const url = new URL(address);
    const secure = url.protocol === 'https:';
    const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    return { hosts: [hostname], ports: [port], methods: ['GET'], schemes: [secure ? 'https' : 'http'], allowPrivate: this.internal.has(`${hostname}:${port}`) };
  }
}

const conditions = ({ etag, lastModified }: Validators): Record<string, string> => ({ ...(etag !== undefined && { 'if-none-match': etag }), ...(lastModified !== undefined && { 'if-modified-since': lastModified }) });

function contentOf({ body, headers }: EgressResponse, maxItems: number): Extract<Fetched, { kind: 'items' }> {
  const charset = /charset="?([A-Za-z0-9._-]+)/i.exec(headers['content-type'] ?? '')?.[1];
  const items = readFeed(body, charset, maxItems);
  const etag = validatorOf(headers['etag']);
  const lastModified = validatorOf(headers['last-modified']);
  return { kind: 'items', items, body, ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }) };
}

function failureOf(error: unknown): Extract<Fetched, { kind: 'failed' }> {
  if (error instanceof EgressError || error instanceof FeedUnreadable) return { kind: 'failed', reason: error.code, detail: error.message };
  throw error;
}
