// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { Controller, Delete, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Type } from 'typebox';
import { Problem } from '../../domain/problem.js';
import { csrfToken, longestMs } from '../../domain/session.js';
import { LogIn } from '../../use-cases/log-in.js';
import { Sessions } from '../sessions.js';
import { Public } from './access.js';
import { bodyOf } from './body.js';
import { OwnDoor } from './own-door.js';
import { type ConsoleRequest, cookieOf, knockOf } from './request.js';
import { visitorOf } from './visitor.js';

const LinkBody = Type.Object({ token: Type.String({ pattern: '^[A-Za-z0-9_-]{20,200}$' }) }, { additionalProperties: false });

/** Logging in by a one-time link, looking who one is, logging out. */
@Controller('api/session')
export class SessionController {
  constructor(
    private readonly logIn: LogIn,
    private readonly sessions: Sessions,
    private readonly ownDoor: OwnDoor,
  ) {}

  @Post()
  @Public()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async start(@Req() request: ConsoleRequest, @Res({ passthrough: true }) response: ServerResponse): Promise<object> {
    const { door } = this.ownDoor;
    if (!door.isLocal(knockOf(request))) throw new Problem(403, 'not_local', 'One-time links work only in a browser on the machine that Nervus runs on.');
    const { token } = bodyOf(request, LinkBody);
    const { secret, seat } = await this.logIn.byLink(token);
    const previous = cookieOf(request, door.cookieName);
    if (previous !== undefined) await this.sessions.end(previous);
    response.setHeader('set-cookie', this.cookie(secret, longestMs / 1000));
    return { person: seat.person, roles: seat.roles };
  }

  @Get()
  @Header('cache-control', 'no-store')
  who(@Req() request: ConsoleRequest): object {
    const { person, roles, tenant } = visitorOf(request);
    return { person, roles, tenant, ...(request.sessionSecret === undefined ? {} : { csrfToken: csrfToken(request.sessionSecret) }) };
  }

  @Delete()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async end(@Req() request: ConsoleRequest, @Res({ passthrough: true }) response: ServerResponse): Promise<object> {
    if (request.sessionSecret !== undefined) await this.sessions.end(request.sessionSecret);
    response.setHeader('set-cookie', this.cookie('', 0));
    return { ended: true };
  }

  private cookie(value: string, maxAge: number): string {
    const { door } = this.ownDoor;
    return `${door.cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${door.secure ? '; Secure' : ''}`;
  }
}
