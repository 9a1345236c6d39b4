// SPDX-License-Identifier: Apache-2.0
import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Door } from '../../domain/door.js';
import { Problem } from '../../domain/problem.js';
import { hashOfToken, type Role } from '../../domain/seat.js';
import { isCsrfToken, type Visitor } from '../../domain/session.js';
import { ServiceClock } from '@nervus/service-kit';
import { Seats } from '../seats.js';
import { Sessions } from '../sessions.js';
import { OwnDoor } from './own-door.js';
import { type ConsoleRequest, cookieOf, headerOf, knockOf } from './request.js';

const publicRoute = Symbol('public route');
const roleNeeded = Symbol('role needed');

/** What needs no login: the login itself, and static files. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(publicRoute, true);

/** The role that a route asks for. @default viewer */
export const Needs = (role: Role): MethodDecorator & ClassDecorator => SetMetadata(roleNeeded, role);

/** Who may come in: every route asks this first, in this order: host, origin, login, CSRF token, role. */
@Injectable()
export class Access implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly ownDoor: OwnDoor,
    private readonly sessions: Sessions,
    private readonly seats: Seats,
    private readonly clock: ServiceClock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Records from Kafka were judged by the engine.
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<ConsoleRequest>();
    const targets = [context.getHandler(), context.getClass()];
    const door = this.ownDoor.door;
    const knock = knockOf(request);
    const bearer = bearerOf(request);
    door.check(knock, bearer === undefined);
    if (this.reflector.getAllAndOverride<boolean | undefined>(publicRoute, targets)) return true;
    request.visitor = bearer === undefined ? await this.bySession(request, door) : await this.byToken(bearer, door.isLocal(knock));
    const role = this.reflector.getAllAndOverride<Role | undefined>(roleNeeded, targets) ?? 'viewer';
    if (!request.visitor.roles.includes(role)) throw new Problem(403, 'role_missing', `This needs the role ${role}.`);
    return true;
  }

  private async bySession(request: ConsoleRequest, door: Door): Promise<Visitor> {
    const secret = cookieOf(request, door.cookieName);
    const visitor = secret === undefined ? undefined : await this.sessions.visitor(secret, isBackground(request));
    if (secret === undefined || !visitor) throw notLoggedIn();
    if (request.method !== 'GET' && request.method !== 'HEAD' && !isCsrfToken(secret, headerOf(request, 'x-csrf-token'))) throw new Problem(403, 'csrf_token_missing', 'This was not sent by a page of this session: load the page again.');
    request.sessionSecret = secret;
    return visitor;
  }

  private async byToken(token: string, local: boolean): Promise<Visitor> {
    const seat = local ? await this.seats.ofToken(token) : undefined;
    if (!seat) throw notLoggedIn();
    const { person, issuer, subject, roles, tenant = 'default' } = seat;
    // Showing the token is the login, each time.
    return { tenant, person, account: { issuer, subject }, roles, session: hashOfToken(hashOfToken(token)), authenticatedAt: this.clock.now() };
  }
}

const notLoggedIn = (): Problem => new Problem(401, 'not_logged_in', 'Log in first: open a link that "npm start" printed, or use a seat token on this machine.', { 'www-authenticate': 'Bearer' });

/** What an open page does by itself keeps no session alive. */
const isBackground = (request: ConsoleRequest): boolean => request.path === '/api/stream' || headerOf(request, 'nervus-background') === '1';

function bearerOf(request: ConsoleRequest): string | undefined {
  const match = /^Bearer ([A-Za-z0-9_-]{20,200})$/.exec(headerOf(request, 'authorization') ?? '');
  return match?.[1];
}
