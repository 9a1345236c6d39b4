// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { checkRule, EgressError, type EgressRule } from '@nervus/egress';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';

const Method = Type.Union([Type.Literal('GET'), Type.Literal('HEAD'), Type.Literal('POST'), Type.Literal('PUT'), Type.Literal('PATCH'), Type.Literal('DELETE')]);
const Url = Type.String({ pattern: '^https?://', maxLength: 2000 });
const common = {
  /** Lets the host be on this machine or inside a private network. */
  allowPrivate: Type.Optional(Type.Boolean()),
  /** Tenants that may use it; all when left out. */
  tenants: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }), { minItems: 1 })),
  /** Asked with GET for what became of an earlier call, `{key}` being its idempotency key: 2xx done, 404 or 410 not done. */
  probe: Type.Optional(Type.String({ pattern: '^https?://.*\\{key\\}', maxLength: 2000 })),
};

const DestinationsFile = Type.Object(
  {
    /** Endpoints of `webhook.send` by name. */
    webhooks: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }), Type.Object({ url: Url, ...common }, { additionalProperties: false }))),
    /** Hosts that `http.request` may call. */
    hosts: Type.Optional(
      Type.Array(
        Type.Object(
          {
            /** Scheme, host and port. */
            origin: Url,
            methods: Type.Array(Method, { minItems: 1 }),
            /** What the host does with a repeated call: `native` when it heeds `Idempotency-Key`. Nothing is repeated at others. */
            idempotency: Type.Optional(Type.Union([Type.Literal('native'), Type.Literal('none')])),
            ...common,
          },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);
type DestinationsFile = Static<typeof DestinationsFile>;

/** One way out that the operator opened. */
export interface Destination {
  readonly url: URL;
  readonly rule: EgressRule;
  readonly idempotency: 'native' | 'none';
  readonly probe?: { readonly template: string; readonly rule: EgressRule };
}

/** The file of destinations cannot be used: the service does not start. */
export class DestinationsInvalid extends Error {
  override readonly name = 'DestinationsInvalid';
  readonly code = 'destinations_invalid';
  readonly retryable = false;
}

/** Where actions may go: endpoints and hosts come from the operator's file, never from a parameter. */
export class Destinations {
  private readonly webhooks = new Map<string, Destination & { readonly tenants: readonly string[] | undefined }>();
  private readonly hosts: (Destination & { readonly tenants: readonly string[] | undefined; readonly methods: readonly string[] })[] = [];

  private constructor(file: DestinationsFile) {
    for (const [name, { url, tenants, ...options }] of Object.entries(file.webhooks ?? {})) this.webhooks.set(name, { ...destination(new URL(url), ['POST'], { ...options, idempotency: 'native' }), tenants });
    for (const { origin, methods, tenants, ...options } of file.hosts ?? []) {
      const url = new URL(origin);
      if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw new DestinationsInvalid(`the origin ${origin} has a path or a query: expected scheme, host and port`);
      this.hosts.push({ ...destination(url, methods, options), methods, tenants });
    }
  }

  /**
   * Reads YAML or JSON: `webhooks: {<name>: {url, allowPrivate?, tenants?, probe?}}` and
   * `hosts: [{origin, methods, idempotency?, allowPrivate?, tenants?, probe?}]`.
   * @throws DestinationsInvalid naming the first fault of each entry
   */
  static parse(text: string): Destinations {
    let file: unknown;
    try {
      file = parse(text) ?? {};
    } catch (cause) {
      throw new DestinationsInvalid(`the destinations are not YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    const faults = [...Value.Errors(DestinationsFile, file)].map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
    if (!Value.Check(DestinationsFile, file)) throw new DestinationsInvalid(`the destinations cannot be used: ${faults.slice(0, 5).join('; ')}`);
    try {
      return new Destinations(file);
    } catch (cause) {
      if (cause instanceof EgressError) throw new DestinationsInvalid(cause.message, { cause });
      throw cause;
    }
  }

  /** @param path empty for an installation that reaches nothing outside */
  static read(path: string): Destinations {
    if (path === '') return Destinations.parse('{}');
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new DestinationsInvalid(`the destinations ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    return Destinations.parse(text);
  }

  webhook(name: string, tenant: string): Destination | undefined {
    const found = this.webhooks.get(name);
    return found && isFor(found.tenants, tenant) ? found : undefined;
  }

  host(url: URL, method: string, tenant: string): Destination | undefined {
    return this.hosts.find((host) => host.url.origin === url.origin && host.methods.includes(method) && isFor(host.tenants, tenant));
  }
}

const isFor = (tenants: readonly string[] | undefined, tenant: string): boolean => tenants === undefined || tenants.includes(tenant);

function destination(url: URL, methods: readonly string[], options: { readonly allowPrivate?: boolean; readonly probe?: string; readonly idempotency?: 'native' | 'none' }): Destination {
  const { allowPrivate = false, probe, idempotency = 'none' } = options;
  return { url, idempotency, rule: ruleFor(url, methods, allowPrivate), ...(probe !== undefined && { probe: { template: probe, rule: ruleFor(new URL(probe), ['GET'], allowPrivate) } }) };
}

function ruleFor(url: URL, methods: readonly string[], allowPrivate: boolean): EgressRule {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const rule: EgressRule = { hosts: [url.hostname.replaceAll(/[[\]]/g, '')], ports: [url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port)], methods, schemes: [scheme], allowPrivate };
  checkRule(rule);
  return rule;
}
