// SPDX-License-Identifier: Apache-2.0
// How the sender of a pushed event is authenticated, as a manifest says it.
import { type Static, Type } from 'typebox';

const strict = { additionalProperties: false } as const;

const fileName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$', description: 'name of a file in the secrets folder' });
/** Files with the live secrets; two while one is being replaced. */
const secretFiles = Type.Array(fileName, { minItems: 1, maxItems: 2, uniqueItems: true, description: 'files with the live secrets; two while one is being replaced' });
export const headerName = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'name of a header, in lower case' });

const signedBy = <K extends string>(kind: K) => Type.Object({ kind: Type.Literal(kind), secretFiles }, strict);

export const auths = {
  'standard-webhooks': signedBy('standard-webhooks'),
  github: signedBy('github'),
  stripe: signedBy('stripe'),
  slack: signedBy('slack'),
  hmac: Type.Object({
    kind: Type.Literal('hmac'),
    secretFiles,
    secretEncoding: Type.Union([Type.Literal('text'), Type.Literal('base64'), Type.Literal('hex')], { default: 'text', description: 'how the secret is written in its file' }),
    header: headerName,
    prefix: Type.String({ maxLength: 32, default: '', description: 'what stands before the signature in its header, as `sha256=`' }),
    algorithm: Type.Union([Type.Literal('sha256'), Type.Literal('sha512')], { default: 'sha256' }),
    encoding: Type.Union([Type.Literal('hex'), Type.Literal('base64')], { default: 'hex' }),
    timestampHeader: Type.Optional(headerName),
    idHeader: Type.Optional(headerName),
    signs: Type.String({ maxLength: 200, default: '{body}', pattern: '^([^{}]|\\{timestamp\\}|\\{id\\})*\\{body\\}$', description: 'what is signed: text, `{timestamp}` and `{id}` for the values of their headers, and `{body}` at the end' }),
  }, strict),
  none: Type.Object({
    kind: Type.Literal('none'),
    pathToken: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{32,128}$', description: 'last part of the URL, 32 characters or more: the only thing that keeps strangers out' })),
    pathTokenSha256: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'base64url SHA-256 of it, which may be shown to anybody' })),
  }, strict),
} as const;

export const Auth = Type.Union([auths['standard-webhooks'], auths.github, auths.stripe, auths.slack, auths.hmac, auths.none]);
export type Auth = Static<typeof Auth>;
export type AuthKind = Auth['kind'];
export type AuthOf<K extends AuthKind> = Extract<Auth, { kind: K }>;

/** Auth that is proved by a secret. */
export type SignedAuth = Exclude<Auth, AuthOf<'none'>>;

/** What the schema cannot say of a configured scheme; undefined when nothing is wrong. */
export function faultOfAuth(auth: Auth): { readonly pointer: string; readonly message: string } | undefined {
  if (auth.kind === 'none' && (auth.pathToken === undefined) === (auth.pathTokenSha256 === undefined)) return { pointer: '/pathToken', message: 'is needed, or pathTokenSha256 in its place: one of both' };
  if (auth.kind !== 'hmac') return undefined;
  const uses = (name: string): boolean => auth.signs.includes(`{${name}}`);
  for (const [name, header] of [['timestamp', 'timestampHeader'], ['id', 'idHeader']] as const) {
    if (uses(name) && auth[header] === undefined) return { pointer: '/signs', message: `names {${name}}, but ${header} does not say which header holds it` };
    if (!uses(name) && auth[header] !== undefined) return { pointer: `/${header}`, message: `is not signed: name {${name}} in signs, or leave it out, since anybody could change what is not signed` };
  }
  return undefined;
}
