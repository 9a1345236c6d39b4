// SPDX-License-Identifier: Apache-2.0
import { DataClass, Name, TenantId } from '@nervus/contracts';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { faultOfSchedule } from '../schedule/fire-times.js';
import { ScheduleConfig } from '../schedule/schedule-config.js';
import { sha256 } from '../sha256.js';
import { EventSchema, faultsOfSchema } from './event-schema.js';
import { Auth, auths, faultOfAuth, headerName } from './auth.js';
import { type SourceFault, faultsOf } from './source-faults.js';

const strict = { additionalProperties: false } as const;

const pointer = Type.String({ pattern: '^(/[^/]*)+$', maxLength: 256, description: 'JSON Pointer into the content' });
const subjects = {
  constant: Type.Object({ constant: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
  pointer: Type.Object({ pointer, otherwise: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
} as const;

const eventIds = {
  header: Type.Object({ header: headerName }, strict),
  pointer: Type.Object({ pointer }, strict),
  bodyHash: Type.Object({ bodyHash: Type.Literal(true, { description: 'equal bodies are one event' }) }, strict),
} as const;

const trust = Type.Union([Type.Literal('verified'), Type.Literal('untrusted')], { default: 'untrusted', description: 'a signature proves the sender, not the text inside' });

/** What holds for a source of any kind. */
const common = {
  subject: Type.Union([subjects.constant, subjects.pointer]),
  trust,
  class: DataClass,
  fields: Type.Record(Type.String({ pattern: '^(/[^/]*)+$', maxLength: 256 }), Type.Object({ trust: Type.Optional(trust), class: Type.Optional(DataClass) }, strict), { default: {}, maxProperties: 100, description: 'by JSON Pointer into the content: parts that are trusted or classed otherwise than the whole' }),
  schema: Type.Optional(EventSchema),
  limits: Type.Object({ perSecond: Type.Number({ minimum: 0.01, maximum: 100_000 }), burst: Type.Integer({ minimum: 1, maximum: 100_000 }) }, { ...strict, default: { perSecond: 1000, burst: 2000 } }),
};

const FeedConfig = Type.Object({ urls: Type.Array(Type.String({ pattern: '^https?://[^/@]+(/|$)', maxLength: 1000 }), { minItems: 1, maxItems: 20, uniqueItems: true, description: 'addresses of feeds that are one source to those who listen' }), everySeconds: Type.Integer({ minimum: 10, maximum: 86_400, default: 300 }), maxItems: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) }, strict);
const RecordingConfig = Type.Object({ file: Type.String({ minLength: 1, maxLength: 500, description: 'path below the recordings folder' }), perSecond: Type.Number({ minimum: 0.01, maximum: 10_000, default: 10 }) }, strict);

const host = Type.String({ pattern: '^(\\*|[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?)$', description: 'host name of a sender, in lower case, or `*` for any' });
const origin = Type.String({ pattern: '^https?://[A-Za-z0-9.-]+(:\\d{1,5})?$', maxLength: 300, description: 'origin of a web page, as browsers send it' });
/** What holds where events are pushed. */
const pushed = {
  auth: Auth,
  browserOrigins: Type.Array(origin, { default: [], maxItems: 20, uniqueItems: true, description: 'web pages whose scripts may send events' }),
};

const kinds = {
  webhook: Type.Object({ kind: Type.Literal('webhook'), ...pushed, eventId: Type.Optional(Type.Union([eventIds.header, eventIds.pointer, eventIds.bodyHash])), ...common }, strict),
  cloudevents: Type.Object({ kind: Type.Literal('cloudevents'), ...pushed, allowedOrigins: Type.Array(host, { default: [], maxItems: 100, uniqueItems: true, description: 'senders that may deliver, by the host name that they give in the handshake of CloudEvents web hooks; none: no handshake is answered' }), ...common }, strict),
  feed: Type.Object({ kind: Type.Literal('feed'), config: FeedConfig, ...common }, strict),
  recording: Type.Object({ kind: Type.Literal('recording'), config: RecordingConfig, ...common }, strict),
  // A tick is the system's own word.
  schedule: Type.Object({ kind: Type.Literal('schedule'), config: ScheduleConfig, ...common, trust: Type.Literal('system', { default: 'system' }) }, strict),
} as const;

const envelope = {
  apiVersion: Type.Literal('nervus.dev/v1'),
  kind: Type.Literal('Source'),
  metadata: Type.Object({ name: Name, tenant: Type.Optional(TenantId), owner: Type.String({ pattern: '^(group|person):[a-z0-9-]+$' }) }, strict),
};

/** A source: where events come from, who answers for it, how they are authenticated and how far they are trusted. */
export const SourceManifest = Type.Object({ ...envelope, spec: Type.Union([kinds.webhook, kinds.cloudevents, kinds.feed, kinds.recording, kinds.schedule]) }, strict);
export type SourceManifest = Static<typeof SourceManifest>;
type Spec = SourceManifest['spec'];
type Kind = Spec['kind'];

/** The part of a manifest that one kind of source has. */
export type SpecOf<K extends Kind> = Extract<Spec, { kind: K }>;

/** A source of one tenant, checked and with its defaults filled in. */
export interface Source<S extends Spec = Spec> {
  readonly tenant: string;
  readonly name: string;
  readonly owner: string;
  readonly spec: S;
}

/** A source of one kind, or of some. */
export type SourceOf<K extends Kind> = Source<SpecOf<K>>;

/** The tenant of a manifest that names none. */
export const defaultTenant = 'default';

/** Key of a source among all of them; neither part holds a `/`. */
export const sourceKey = (source: Pick<Source, 'tenant' | 'name'>): string => `${source.tenant}/${source.name}`;

export const isOfKind = <K extends Kind>(source: Source, kind: K): source is SourceOf<K> => source.spec.kind === kind;

/** Checks a parsed manifest: the source, or everything that is wrong with it. */
export function checkSource(parsed: unknown): { readonly source: Source } | { readonly faults: readonly SourceFault[] } {
  const value = Value.Default(SourceManifest, structuredClone(parsed));
  if (!Value.Check(SourceManifest, value)) return { faults: faultsOf(value, meantSchema) };
  const { metadata, spec } = value;
  const faults = [...(isPushed(spec) ? faultsOfPushed(spec) : []), ...(spec.schema === undefined ? [] : faultsOfSchema(spec.schema)), ...(spec.kind === 'schedule' ? faultsOfSchedule(spec.config) : [])];
  if (faults.length > 0) return { faults };
  return { source: { tenant: metadata.tenant ?? defaultTenant, name: metadata.name, owner: metadata.owner, spec: withoutToken(spec) } };
}

/** The manifest of a source, with its defaults and without a token in clear. */
export const manifestOf = ({ tenant, name, owner, spec }: Source): SourceManifest => ({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name, tenant, owner }, spec });

/** A token that lets strangers in is kept as its hash: manifests are shown, and published. */
function withoutToken(spec: Spec): Spec {
  if (!isPushed(spec) || spec.auth.kind !== 'none' || spec.auth.pathToken === undefined) return spec;
  return { ...spec, auth: { kind: 'none', pathTokenSha256: sha256(spec.auth.pathToken) } };
}

function faultsOfSchedule(config: ScheduleConfig): readonly SourceFault[] {
  const fault = faultOfSchedule(config);
  return fault ? [{ pointer: `/spec/config${fault.pointer}`, message: fault.message }] : [];
}

/** What the schema of a manifest cannot say. */
function faultsOfPushed(spec: SpecOf<'webhook' | 'cloudevents'>): readonly SourceFault[] {
  const { auth } = spec;
  const faults: SourceFault[] = [];
  const ofAuth = faultOfAuth(auth);
  if (ofAuth) faults.push({ pointer: `/spec/auth${ofAuth.pointer}`, message: ofAuth.message });
  const trusted = [['/spec/trust', spec.trust], ...Object.entries(spec.fields).map(([field, label]) => [`/spec/fields/${partOf(field)}/trust`, label.trust])] as const;
  if (auth.kind === 'none') for (const [at, given] of trusted) if (given === 'verified') faults.push({ pointer: at ?? '', message: 'must be untrusted where /spec/auth/kind is none, since nobody knows who sent it' });
  if (spec.kind === 'cloudevents' && (auth.kind === 'github' || auth.kind === 'stripe' || auth.kind === 'slack')) faults.push({ pointer: '/spec/auth/kind', message: `${auth.kind} sends no CloudEvents: use kind webhook` });
  return faults;
}

/** A source to which events are pushed by HTTP. */
export const isPushed = (spec: Spec): spec is SpecOf<'webhook' | 'cloudevents'> => spec.kind === 'webhook' || spec.kind === 'cloudevents';

const partOf = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** The schema of what was meant: a union by itself would only say that nothing fitted. A text says why nothing was. */
function meantSchema(at: (pointer: string) => unknown): TSchema | SourceFault {
  const kind = at('/spec/kind');
  if (!isKeyOf(kinds, kind)) return { pointer: '/spec/kind', message: `must be one of ${Object.keys(kinds).join(', ')}; ${shown(kind)} is not supported` };
  const authKind = at('/spec/auth/kind');
  if (at('/spec/subject/jq') !== undefined) return { pointer: '/spec/subject/jq', message: 'is not supported yet: give a constant, or a pointer into the content' };
  const { properties } = kinds[kind];
  if ('auth' in properties && at('/spec/auth') !== undefined && !isKeyOf(auths, authKind)) return { pointer: '/spec/auth/kind', message: `must be one of ${Object.keys(auths).join(', ')}; ${shown(authKind)} is not supported` };
  const eventIdKind = Object.keys(eventIds).find((name) => at(`/spec/eventId/${name}`) !== undefined);
  const spec = Type.Object({
    ...properties,
    ...('eventId' in properties && at('/spec/eventId') !== undefined && { eventId: eventIds[isKeyOf(eventIds, eventIdKind) ? eventIdKind : 'header'] }),
    ...('auth' in properties && isKeyOf(auths, authKind) && { auth: auths[authKind] }),
    subject: at('/spec/subject/pointer') === undefined ? subjects.constant : subjects.pointer,
  }, strict);
  return Type.Object({ ...envelope, spec }, strict);
}

const isKeyOf = <T extends object>(known: T, key: unknown): key is Extract<keyof T, string> => typeof key === 'string' && Object.hasOwn(known, key);
const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
