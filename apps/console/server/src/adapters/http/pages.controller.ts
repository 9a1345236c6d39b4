// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { canonicalize, digestOfBytes } from '@nervus/trust';
import { Controller, Get, Header, Param, Req, Res } from '@nestjs/common';
import { defaultLimit } from '../../domain/cursor.js';
import { notFound } from '../../domain/problem.js';
import { requestStates } from '../../domain/request-row.js';
import { csrfToken } from '../../domain/session.js';
import { Changes } from '../changes.js';
import { assets, isAsset } from '../pages/assets.js';
import { type Inbox, inboxPage, inboxPart } from '../pages/inbox-page.js';
import { intelligencePage } from '../pages/intelligence-page.js';
import type { Frame } from '../pages/layout.js';
import { loginPage } from '../pages/login-page.js';
import { chainTable, requestPage, requestPart, type RequestView } from '../pages/request-page.js';
import { Queries } from '../queries.js';
import { Public } from './access.js';
import { queryOf } from './body.js';
import type { ConsoleRequest } from './request.js';
import { visitorOf } from './visitor.js';

const htmlType = 'text/html; charset=utf-8';

/** The pages, drawn on the server. Getting one changes nothing. */
@Controller()
export class PagesController {
  constructor(
    private readonly queries: Queries,
    private readonly changes: Changes,
  ) {}

  @Get()
  @Header('content-type', htmlType)
  @Header('cache-control', 'no-store')
  async inbox(@Req() request: ConsoleRequest): Promise<string> {
    const frame = await this.frame(request);
    return inboxPage(frame, await this.inboxOf(request));
  }

  @Get('parts/inbox')
  @Header('content-type', htmlType)
  @Header('cache-control', 'no-store')
  async inboxPart(@Req() request: ConsoleRequest): Promise<string> {
    const [freshness, inbox] = await Promise.all([this.queries.freshness(), this.inboxOf(request)]);
    return inboxPart(inbox, freshness).markup;
  }

  @Get('requests/:id')
  @Header('content-type', htmlType)
  @Header('cache-control', 'no-store')
  async request(@Req() request: ConsoleRequest, @Param('id') id: string): Promise<string> {
    const frame = await this.frame(request);
    return requestPage(frame, await this.viewOf(request, id));
  }

  /** State first, then the chain, in two elements that the page's script puts in their places. */
  @Get('parts/requests/:id')
  @Header('content-type', htmlType)
  @Header('cache-control', 'no-store')
  async requestPart(@Req() request: ConsoleRequest, @Param('id') id: string): Promise<string> {
    const [freshness, view] = await Promise.all([this.queries.freshness(), this.viewOf(request, id)]);
    return `${requestPart(view, { freshness }).markup}<template data-for="chain">${chainTable(view.chain).markup}</template>`;
  }

  @Get('intelligence')
  @Header('content-type', htmlType)
  @Header('cache-control', 'no-store')
  async intelligence(@Req() request: ConsoleRequest): Promise<string> {
    const cursor = queryOf(request, 'cursor');
    const frame = await this.frame(request);
    return intelligencePage(frame, await this.queries.intelligence(visitorOf(request), { limit: defaultLimit, cursor }, (row) => row), cursor);
  }

  @Get('login')
  @Public()
  @Header('content-type', htmlType)
  @Header('cache-control', 'no-store')
  login(): string {
    return loginPage();
  }

  @Get('assets/:name')
  @Public()
  asset(@Param('name') name: string, @Req() request: ConsoleRequest, @Res() response: ServerResponse): void {
    if (!isAsset(name)) throw notFound();
    const { content, contentType, version } = assets[name];
    const cache = queryOf(request, 'v') === version ? 'public, max-age=31536000, immutable' : 'no-cache';
    response.writeHead(200, { 'content-type': contentType, 'content-length': content.length, 'cache-control': cache });
    response.end(request.method === 'HEAD' ? undefined : content);
  }

  private async inboxOf(request: ConsoleRequest): Promise<Inbox> {
    const wanted = queryOf(request, 'state');
    const state = requestStates.find((known) => known === (wanted ?? 'open'));
    if (!state) throw notFound();
    const cursor = queryOf(request, 'cursor');
    return { state, cursor, page: await this.queries.requests(visitorOf(request), state, { limit: defaultLimit, cursor }, (row) => row) };
  }

  private async viewOf(request: ConsoleRequest, id: string): Promise<RequestView> {
    const visitor = visitorOf(request);
    const whole = await this.queries.request(visitor, id);
    return { ...whole, chain: await this.queries.chain(visitor, whole.row), drawnHash: digestOfBytes(canonicalize(whole.request.packet)), mayDecide: visitor.roles.includes('reviewer') };
  }

  /** The feed's head is read before the content is: what changes in between is told twice rather than never. */
  private async frame(request: ConsoleRequest): Promise<Frame> {
    const visitor = visitorOf(request);
    const feed = this.changes.feed.head;
    return { person: visitor.person, csrfToken: request.sessionSecret === undefined ? '' : csrfToken(request.sessionSecret), freshness: await this.queries.freshness(), stops: this.queries.stops(visitor), feed };
  }
}
