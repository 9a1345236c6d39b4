// SPDX-License-Identifier: Apache-2.0
import { DataClass, Name, TenantId } from '@nervus/contracts';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type SourceFault, faultsOf } from './source-faults.js';

const strict = { additionalProperties: false } as const;

const fileName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$', description: 'name of a file in the secrets folder' });
const auths = {
  'standard-webhooks': Type.Object({ kind: Type.Literal('standard-webhooks'), secretFiles: Type.Array(fileName, { minItems: 1, maxItems: 2, description: 'files with the live secrets; two while one is being replaced' }) }, strict),
  none: Type.Object({ kind: Type.Literal('none'), pathToken: Type.String({ pattern: '^[A-Za-z0-9_-]{32,128}$', description: 'last part of the URL, 32 characters or more: the only thing that keeps strangers out' }) }, strict),
} as const;
const Auth = Type.Union([auths['standard-webhooks'], auths.none]);

const subjects = {
  constant: Type.Object({ constant: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
  pointer: Type.Object({ pointer: Type.String({ pattern: '^(/[^/]*)+$', maxLength: 256, description: 'JSON Pointer into the content' }), otherwise: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
} as const;

const common = {
  subject: Type.Union([subjects.constant, subjects.pointer]),
  trust: Type.Union([Type.Literal('verified'), Type.Literal('untrusted')], { default: 'untrusted', description: 'a signature proves the sender, not the text inside' }),
  class: DataClass,
  limits: Type.Object({ perSecond: Type.Number({ minimum: 0.01, maximum: 100_000 }), burst: Type.Integer({ minimum: 1, maximum: 100_000 }) }, { ...strict, default: { perSecond: 1000, burst: 2000 } }),
};

const FeedConfig = Type.Object({ urls: Type.Array(Type.String({ pattern: '^https?://[^/@]+(/|$)', maxLength: 1000 }), { minItems: 1, maxItems: 20, uniqueItems: true, description: 'addresses of feeds that are one source to those who listen' }), everySeconds: Type.Integer({ minimum: 10, maximum: 86_400, default: 300 }), maxItems: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) }, strict);
const RecordingConfig = Type.Object({ file: Type.String({ minLength: 1, maxLength: 500, description: 'path below the recordings folder' }), perSecond: Type.Number({ minimum: 0.01, maximum: 10_000, default: 10 }) }, strict);

const kinds = {
  webhook: Type.Object({ kind: Type.Literal('webhook'), auth: Auth, ...common }, strict),
  cloudevents: Type.Object({ kind: Type.Literal('cloudevents'), auth: Auth, ...common }, strict),
  feed: Type.Object({ kind: Type.Literal('feed'), config: FeedConfig, ...common }, strict),
  recording: Type.Object({ kind: Type.Literal('recording'), config: RecordingConfig, ...common }, strict),
} as const;

const envelope = {
  apiVersion: Type.Literal('nervus.dev/v1'),
  kind: Type.Literal('Source'),
  metadata: Type.Object({ name: Name, tenant: Type.Optional(TenantId), owner: Type.String({ pattern: '^(group|person):[a-z0-9-]+$' }) }, strict),
};

/** A source: where events come from, who answers for it, how they are authenticated and how far they are trusted. */
export const SourceManifest = Type.Object({ ...envelope, spec: Type.Union([kinds.webhook, kinds.cloudevents, kinds.feed, kinds.recording]) }, strict);
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
  if ('auth' in spec && spec.auth.kind === 'none' && spec.trust !== 'untrusted') return { faults: [{ pointer: '/spec/trust', message: 'must be untrusted where /spec/auth/kind is none, since nobody knows who sent it' }] };
  return { source: { tenant: metadata.tenant ?? defaultTenant, name: metadata.name, owner: metadata.owner, spec } };
}

/** The schema of what was meant: a union by itself would only say that nothing fitted. A text says why nothing was. */
function meantSchema(at: (pointer: string) => unknown): TSchema | SourceFault {
  const kind = at('/spec/kind');
  if (!isKeyOf(kinds, kind)) return { pointer: '/spec/kind', message: `must be one of ${Object.keys(kinds).join(', ')}; ${shown(kind)} is not supported` };
  const authKind = at('/spec/auth/kind');
  if (at('/spec/subject/jq') !== undefined) return { pointer: '/spec/subject/jq', message: 'is not supported yet: give a constant, or a pointer into the content' };
  const { properties } = kinds[kind];
  if ('auth' in properties && at('/spec/auth') !== undefined && !isKeyOf(auths, authKind)) return { pointer: '/spec/auth/kind', message: `must be one of ${Object.keys(auths).join(', ')}; ${shown(authKind)} is not supported` };
  const spec = Type.Object({
    ...properties,
    ...('auth' in properties && isKeyOf(auths, authKind) && { auth: auths[authKind] }),
    subject: at('/spec/subject/pointer') === undefined ? subjects.constant : subjects.pointer,
  }, strict);
  return Type.Object({ ...envelope, spec }, strict);
}

const isKeyOf = <T extends object>(known: T, key: unknown): key is Extract<keyof T, string> => typeof key === 'string' && Object.hasOwn(known, key);
const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
