// SPDX-License-Identifier: Apache-2.0
// A mesh of which only the console is real: the test publishes as the other services, plays approval where an answer is
// wanted, and looks at the console as browsers and the command line do.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DataOf, derivedId, type EvidencePacket, ownTopics, PulseBeaten, RequestChanged, rootId, type RecordType } from '@nervus/contracts';
import type { RunningService } from '@nervus/service-kit';
import { ServiceWorld } from '@nervus/testing';
import { digestOf } from '@nervus/trust';
import { consoleService } from '../src/console.service.js';
import { hashOfToken, type Role } from '../src/domain/seat.js';

export const { CommandAnswered } = ownTopics('approval');
export const aDigest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
export const hour = 3_600_000;

/** A person's secrets, as the launcher would print and write them. */
export interface SeatSecrets {
  readonly link: string;
  readonly token: string;
}

/** What tests read of the API's answers; which of it is there depends on the route. */
export interface ApiBody {
  readonly asOf: string;
  readonly ageMs: number | null;
  readonly items: readonly { readonly requestId: string }[];
  readonly next: string | null;
  readonly request: RequestChanged | undefined;
  readonly state: string;
  readonly standing: string;
  readonly steps: readonly { readonly step: string; readonly result: string }[];
  readonly services: readonly { readonly service: string; readonly processes: readonly unknown[] }[];
  readonly openRequests: number;
  readonly commandId: string;
  readonly code: string;
  readonly detail: string;
  readonly csrfToken: string;
}

export class ConsoleWorld {
  readonly secrets = new Map<string, SeatSecrets>();
  private constructor(
    readonly mesh: ServiceWorld,
    readonly dataFolder: string,
    private service: RunningService<(typeof consoleService)['config']['properties']> | undefined,
  ) {}

  static async open(): Promise<ConsoleWorld> {
    const mesh = await ServiceWorld.open('console');
    const world = new ConsoleWorld(mesh, join(mesh.folder, '.nervus'), undefined);
    world.handOut();
    await world.start();
    return world;
  }

  /** New links and tokens, in the place of the old ones. */
  handOut(changes: { readonly linkExpiresAt?: string } = {}): void {
    const folder = join(this.dataFolder, 'seats');
    mkdirSync(folder, { recursive: true });
    const seats = ([['nora', ['viewer', 'reviewer', 'operator']], ['theo', ['viewer', 'reviewer', 'operator']], ['olga', ['viewer', 'operator']], ['stranger', ['viewer', 'reviewer'], 'other']] as const).map(([person, roles, tenant]: readonly [string, readonly Role[], string?]) => {
      const own = { link: randomBytes(32).toString('base64url'), token: randomBytes(32).toString('base64url') };
      this.secrets.set(person, own);
      writeFileSync(join(folder, `${person}.token`), `${own.token}\n`, { mode: 0o600 });
      return { person, issuer: 'launcher', subject: person, roles, ...(tenant === undefined ? {} : { tenant }), linkHash: hashOfToken(own.link), linkExpiresAt: changes.linkExpiresAt ?? new Date(Date.now() + 600_000).toISOString(), tokenHash: hashOfToken(own.token) };
    });
    writeFileSync(join(folder, 'seats.json'), JSON.stringify(seats));
  }

  async start(): Promise<void> {
    this.service = await this.mesh.start(consoleService, { NERVUS_SEATS: join(this.dataFolder, 'seats') });
    mkdirSync(join(this.dataFolder, 'run'), { recursive: true });
    writeFileSync(join(this.dataFolder, 'run', 'console.url'), this.url());
  }

  /** One more process of the console, which shares database and group with the first. */
  async another(): Promise<{ readonly url: string; stop(): Promise<void> }> {
    const service = await this.mesh.start(consoleService, { NERVUS_SEATS: join(this.dataFolder, 'seats') });
    return { url: `http://127.0.0.1:${service.httpPort}`, stop: () => this.mesh.stop(service) };
  }

  async stop(): Promise<void> {
    if (this.service) await this.mesh.stop(this.service);
    this.service = undefined;
  }

  close(): Promise<void> {
    return this.mesh.close();
  }

  url(path = ''): string {
    return `http://127.0.0.1:${this.service?.httpPort}${path}`;
  }

  secretsOf(person: string): SeatSecrets {
    const own = this.secrets.get(person);
    if (!own) throw new TypeError(`no seat for ${person}`);
    return own;
  }

  async publish<R extends RecordType>(type: R, key: string, data: DataOf<R>, tenant = 'default', extensions: Record<string, string> = {}): Promise<void> {
    await this.mesh.publish(type, { tenant, key, id: rootId(Date.now()), data, extensions });
  }

  /** A pulse, so that the console knows how new its view is. */
  pulse(): Promise<unknown> {
    return this.mesh.publish(PulseBeaten, { key: 'pulse', id: rootId(Date.now()), data: { epoch: 0, stopsHash: aDigest, policyVersion: 1, at: new Date().toISOString() } });
  }

  /** Answers a command as approval does. */
  answer(commandId: string, code: string, status: number, detail: string): Promise<unknown> {
    return this.mesh.publish(CommandAnswered, { key: commandId, id: derivedId('answer', commandId), data: { commandId, code, status, detail } });
  }

  /** Asks the API with a seat token, as the command line does. */
  async api(person: string, path: string, options: { readonly method?: string; readonly body?: unknown; readonly headers?: Record<string, string>; readonly at?: string } = {}): Promise<{ status: number; headers: Headers; body: ApiBody }> {
    const { method = 'GET', body, headers = {}, at = this.url() } = options;
    const response = await fetch(at + path, {
      method, redirect: 'manual',
      headers: { authorization: `Bearer ${this.secretsOf(person).token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (/json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : {}) as ApiBody };
  }

  /** Waits until an answer of the API fits. */
  async eventually(person: string, path: string, fits: (body: ApiBody) => boolean): Promise<ApiBody> {
    let { body } = await this.api(person, path);
    const holds = async (): Promise<boolean> => {
      ({ body } = await this.api(person, path));
      return fits(body);
    };
    await this.mesh.when(holds, `a fitting answer of ${path}`).catch((error: unknown) => {
      throw new Error(`${String(error)}; the last was ${JSON.stringify(body)}`, { cause: error });
    });
    return body;
  }
}

/** A request about a POST, as approval publishes it. */
export function requestOf(n: number, changes: Omit<Partial<RequestChanged>, 'packet'> & { readonly packet?: Partial<EvidencePacket> } = {}): RequestChanged {
  const { packet: packetChanges, ...rest } = changes;
  const packet: EvidencePacket = {
    v: 1,
    action: {
      v: 1, tenant: 'default', actionId: derivedId('action', String(n)), runId: derivedId('run', String(n)), agent: { name: 'market-news', version: '1.0.0', digest: aDigest }, tool: 'http', operation: 'request', toolVersion: 1, toolSchema: aDigest,
      target: `POST https://api.example.com/orders/${n}`, params: { method: 'POST', url: `https://api.example.com/orders/${n}`, body: { hedge: true, note: 'Reduce the exposure to bank debt.' } }, effect: 'irreversible',
    },
    digest: '', labels: {
      '/method': { src: [], trust: 'owner', class: 'internal' }, '/url': { src: [], trust: 'owner', class: 'internal' }, '/body': { src: [`${sourceId}#/content/title`], trust: 'verified', class: 'internal' },
      '/body/note': { src: [`${sourceId}#/content/summary`], trust: 'untrusted', class: 'public' },
    },
    control: ['/method', '/url', '/headers'], tier: 2,
    risk: { score: 60, rows: [{ row: 'effect', score: 40, because: 'irreversible' }, { row: 'destination', score: 0, because: 'listed' }, { row: 'taint', score: 5, because: 'untrusted data in /body/note' }, { row: 'class', score: 5, because: 'internal' }, { row: 'confidence', score: 10, because: 'below 50 %' }] },
    policies: ['http-effect-people'], policySet: { v: 1, h: aDigest }, confidence: 0.42,
    reasons: [{ text: 'The default of a large bank was reported by two central banks within an hour.', src: [`${sourceId}#/content/title`] }, { text: 'Exposure to bank debt stands above the limit of the desk.', src: [] }],
    against: [{ text: 'One of the two reports may repeat the other.', src: [`${sourceId}#/content/summary`] }],
    sources: [{ eventId: sourceId, title: 'Default of a large bank', excerpt: 'The bank failed to pay a coupon that was due on Friday. Its supervisor declined to comment.', link: 'https://feeds.example.org/press/1' }],
    flags: [], reversible: false, owner: 'group:risk-desk', ...packetChanges,
  };
  const whole = { ...packet, digest: digestOf(packet.action) };
  const now = Date.now();
  return {
    requestId: derivedId('request', String(n)), version: 1, revision: 1, nonce: 'bm9uY2U', state: 'open', packet: whole, evidenceHash: digestOf(whole), approvers: ['group:risk-reviewers'], quorum: 1, proof: 'session', votes: [],
    openedAt: new Date(now).toISOString(), expiresAt: new Date(now + 4 * hour).toISOString(), ...rest,
  };
}
export const sourceId = '2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b';

/** What a reviewer sends for a request as it is. */
export const verdictBody = (request: RequestChanged, verdict: 'approve' | 'reject' = 'approve'): object => ({ verdict, nonce: request.nonce, digest: request.packet.digest, evidenceHash: request.evidenceHash, reason: 'Checked against the exposure report.' });

/** Later state of a request. */
export const ended = (request: RequestChanged, state: Exclude<RequestChanged['state'], 'open'>, code: string): RequestChanged => ({ ...request, version: request.version + 1, state, code, votes: [{ person: 'person:nora', verdict: state === 'permitted' ? 'approve' : 'reject', at: new Date().toISOString(), reason: 'Checked against the exposure report.', groups: ['group:risk-reviewers'], proof: 'session', commandId: derivedId('vote', request.requestId) }] });
