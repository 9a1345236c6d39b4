// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

/** Instant in UTC as RFC 3339 with milliseconds, as `Date.prototype.toISOString` writes it. */
export const Instant = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$', description: 'RFC 3339 instant in UTC with milliseconds' });

/** SHA-256 as base64url without padding. */
export const Sha256 = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'base64url(SHA-256), 43 characters' });

/** RFC 7638 thumbprint of a workload key. */
export const Kid = Sha256;

export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$', description: 'UUID, lower case' });

/** Part of every key and id that names a tenant; never holds `/`, which separates the parts of a key. */
export const TenantId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'lower-case letters, digits and hyphens, at most 63' });

/** Name of an agent, source, tool or operation: a DNS label, so that it fits every id built from it. */
export const Name = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'lower-case letters, digits and hyphens, at most 63' });

export const SpiffeId = Type.String({ pattern: '^spiffe://[a-z0-9.-]+(/[A-Za-z0-9._-]+)+$', maxLength: 255, description: 'SPIFFE ID' });

/** Compact JWS or JWE: three or five base64url parts. */
export const CompactJose = Type.String({ pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]*){2,4}$', description: 'compact JWS or JWE' });

/** Any JSON value. */
export const Json = Type.Unknown({ description: 'any JSON value' });

/** 0 observe, 1 routine, 2 consequential, 3 critical. */
export const Tier = Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2), Type.Literal(3)]);
export type Tier = Static<typeof Tier>;

/** Where a value came from: owner over system over verified over untrusted. */
export const Trust = Type.Union([Type.Literal('owner'), Type.Literal('system'), Type.Literal('verified'), Type.Literal('untrusted')]);
export type Trust = Static<typeof Trust>;

/** How sensitive a value is: public under internal under pii under secret. */
export const DataClass = Type.Union([Type.Literal('public'), Type.Literal('internal'), Type.Literal('pii'), Type.Literal('secret')]);
export type DataClass = Static<typeof DataClass>;

/** Public EC key on P-256 (RFC 7518 section 6.2). */
export const PublicJwk = Type.Object(
  { kty: Type.Literal('EC'), crv: Type.Literal('P-256'), x: Sha256, y: Sha256 },
  { additionalProperties: false, description: 'public P-256 key as JWK, required members only' },
);
export type PublicJwk = Static<typeof PublicJwk>;

/** `eventId#pointer`: a JSON Pointer (RFC 6901) into the value of the record with that id. */
export const SourcePointer = Type.String({ maxLength: 512, description: '`eventId#/json/pointer`' });

/** Provenance of one value: where from, how far to be trusted, how sensitive. */
export const Label = Type.Object({ src: Type.Array(SourcePointer, { maxItems: 32 }), trust: Trust, class: DataClass });
export type Label = Static<typeof Label>;
