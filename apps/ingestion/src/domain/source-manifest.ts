// SPDX-License-Identifier: Apache-2.0
import { DataClass, Name, TenantId } from '@nervus/contracts';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const strict = { additionalProperties: false } as const;

const StandardWebhooks = Type.Object({ kind: Type.Literal('standard-webhooks'), secretFiles: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 2, description: 'files with the live secrets; two while one is being replaced' }) }, strict);
const Unsigned = Type.Object({ kind: Type.Literal('none'), pathToken: Type.String({ pattern: '^[A-Za-z0-9_-]{32,128}$', description: 'last part of the URL, 32 characters or more: the only thing that keeps strangers out' }) }, strict);
const Auth = Type.Union([StandardWebhooks, Unsigned]);

const Subject = Type.Union([
  Type.Object({ constant: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
  Type.Object({ pointer: Type.String({ pattern: '^(/[^/]*)+$', maxLength: 256, description: 'JSON Pointer into the content' }), otherwise: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
]);

const common = {
  subject: Subject,
  trust: Type.Union([Type.Literal('verified'), Type.Literal('untrusted')], { default: 'untrusted', description: 'a signature proves the sender, not the text inside' }),
  class: DataClass,
  limits: Type.Object({ perSecond: Type.Number({ minimum: 0.01, maximum: 100_000 }), burst: Type.Integer({ minimum: 1, maximum: 100_000 }) }, { ...strict, default: { perSecond: 1000, burst: 2000 } }),
};

const Webhook = Type.Object({ kind: Type.Literal('webhook'), auth: Auth, ...common }, strict);
const CloudEvents = Type.Object({ kind: Type.Literal('cloudevents'), auth: Auth, ...common }, strict);
const Feed = Type.Object(
  { kind: Type.Literal('feed'), config: Type.Object({ url: Type.String({ pattern: '^https?://', maxLength: 2000 }), everySeconds: Type.Integer({ minimum: 10, maximum: 86_400, default: 300 }), maxItems: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) }, strict), ...common },
  strict,
);
const Recording = Type.Object(
  { kind: Type.Literal('recording'), config: Type.Object({ file: Type.String({ minLength: 1 }), perSecond: Type.Number({ minimum: 0.01, maximum: 10_000, default: 10 }) }, strict), ...common },
  strict,
);

/** A source: where events come from, who answers for it, how they are authenticated and how far they are trusted. */
export const SourceManifest = Type.Object(
  {
    apiVersion: Type.Literal('nervus.dev/v1'),
    kind: Type.Literal('Source'),
    metadata: Type.Object({ name: Name, tenant: Type.Optional(TenantId), owner: Type.String({ pattern: '^(group|person):[a-z0-9-]+$' }) }, strict),
    spec: Type.Union([Webhook, CloudEvents, Feed, Recording]),
  },
  strict,
);
export type SourceManifest = Static<typeof SourceManifest>;

/** The part of a manifest that one kind of source has. */
export type SpecOf<K extends SourceManifest['spec']['kind']> = Extract<SourceManifest['spec'], { kind: K }>;

/** A manifest that cannot be used; the message names every fault with its place. */
export class SourceInvalid extends Error {
  override readonly name = 'SourceInvalid';
  readonly code = 'source_invalid';
}

const kinds = { webhook: Webhook, cloudevents: CloudEvents, feed: Feed, recording: Recording } as const;

/**
 * Checks a parsed manifest and fills in defaults.
 * @param file name of the file, for messages
 * @throws SourceInvalid
 */
export function checkSource(file: string, parsed: unknown): SourceManifest {
  const value = Value.Default(SourceManifest, parsed);
  if (Value.Check(SourceManifest, value)) return withSafeTrust(file, value);
  throw new SourceInvalid(`${file}: ${faultsOf(value).join('; ')}`);
}

/** Faults of the kind that was meant: a union by itself would only say that nothing fitted. */
function faultsOf(value: unknown): string[] {
  const spec: unknown = typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, 'spec')?.value : undefined;
  const kind: unknown = typeof spec === 'object' && spec !== null ? Object.getOwnPropertyDescriptor(spec, 'kind')?.value : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) return [`/spec/kind must be one of ${Object.keys(kinds).join(', ')}; ${JSON.stringify(kind) ?? 'nothing'} is not supported`];
  const schema = Type.Object({ ...SourceManifest.properties, spec: kinds[kind as keyof typeof kinds] }, strict);
  return [...Value.Errors(schema, value)].map((error) => `${error.instancePath || '/'} ${error.message}`);
}

function withSafeTrust(file: string, manifest: SourceManifest): SourceManifest {
  const { spec } = manifest;
  if ('auth' in spec && spec.auth.kind === 'none' && spec.trust !== 'untrusted') throw new SourceInvalid(`${file}: /spec/trust must be untrusted where /spec/auth/kind is none, since nobody knows who sent it`);
  return manifest;
}
