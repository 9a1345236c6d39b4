// SPDX-License-Identifier: Apache-2.0
// The edge as an OpenAPI 3.1 document: what a sender of events may rely on. Refusals are told by `code`; a test holds the
// list to those that the edge can give.
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { generatedNote } from './generated-note.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** Reason codes of refusals by status, each with what a sender does about it. */
export const refusals: Readonly<Record<string, { readonly description: string; readonly codes: readonly string[]; readonly retryAfter?: true }>> = {
  400: { description: 'The request is no event that this source takes. Mend it: a repeat gets the same answer.', codes: ['cloudevent_invalid', 'event_id_invalid', 'event_id_missing', 'event_invalid', 'form_invalid', 'handshake_invalid', 'header_repeated', 'hops_exceeded', 'json_invalid'] },
  401: { description: 'The sender is not known by its signature. Check the secret and the clock; sign again when sending again.', codes: ['signature_invalid', 'signature_missing', 'timestamp_invalid', 'timestamp_outside_window'] },
  403: { description: 'Who asked in the handshake, or the page, is not named in the manifest.', codes: ['origin_not_allowed'] },
  404: { description: 'There is no such source, or the path token is wrong: the same words for all.', codes: ['not_found'] },
  405: { description: 'Events are sent by POST.', codes: ['method_not_allowed'] },
  408: { description: 'The body was not complete in time. Send it again.', codes: ['body_too_slow'] },
  413: { description: 'Larger than what is taken: 512 KiB of body, and of the signal made of it; 500 events in a batch.', codes: ['batch_too_large', 'body_too_large', 'signal_too_large'] },
  415: { description: 'Of a media type, charset or coding that this source does not take.', codes: ['cloudevent_data_base64', 'cloudevent_data_type', 'media_type_unsupported'] },
  422: { description: 'The event does not fit the schema that its source registered.', codes: ['event_schema_mismatch'] },
  429: { description: 'Over the rate of this source. Come back after Retry-After.', codes: ['rate_exceeded'], retryAfter: true },
  500: { description: 'A fault of the edge. Send it again later.', codes: ['receive_failed', 'request_failed'] },
  503: { description: 'Not taken now, or not known whether it was: come back after Retry-After with the same id.', codes: ['broker_unavailable', 'database_unavailable', 'key_queue_full', 'no_signing_key', 'not_acknowledged', 'outbox_full', 'overloaded', 'publish_failed', 'publisher_closed', 'publisher_failed', 'source_paused', 'store_closed'], retryAfter: true },
};

/** The document as YAML. */
export const openApiText = (): string => `# SPDX-License-Identifier: Apache-2.0\n# ${generatedNote}\n${stringify(openApiDocument(), { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** The document as data. */
export const openApiDocument = (): Readonly<Record<string, unknown>> => ({
  openapi: '3.1.0',
  info: {
    title: 'Nervus edge',
    version,
    description: 'Where events come in. An answer of 202 means that the signal is in Kafka, acknowledged by all in-sync replicas. An event is known by its id for seven days: sending it again is harmless and gets the first answer.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/', description: 'the public port of ingestion' }],
  tags: [{ name: 'events', description: 'Sending events' }],
  paths: { '/v1/{tenant}/{source}': pathItem([tenant, source], 'signed'), '/v1/{tenant}/{source}/{pathToken}': pathItem([tenant, source, pathToken], 'unsigned') },
  components: { schemas, responses: responses(), securitySchemes },
});

const tenant = { name: 'tenant', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' } };
const source = { name: 'source', in: 'path', required: true, description: 'name of the source in its manifest', schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' } };
const pathToken = { name: 'pathToken', in: 'path', required: true, description: 'of a source that is not signed: all that keeps strangers out', schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{32,128}$' } };
const header = (name: string, description: string) => ({ name, in: 'header', required: false, description, schema: { type: 'string' } });

const securitySchemes = {
  standardWebhooks: { type: 'apiKey', in: 'header', name: 'webhook-signature', description: 'Standard Webhooks 1.0: `v1,` and base64 of HMAC-SHA256 over `webhook-id.webhook-timestamp.body`; webhook-timestamp within five minutes.' },
  github: { type: 'apiKey', in: 'header', name: 'x-hub-signature-256' },
  stripe: { type: 'apiKey', in: 'header', name: 'stripe-signature' },
  slack: { type: 'apiKey', in: 'header', name: 'x-slack-signature' },
};

const schemas = {
  Acceptance: {
    type: 'object', required: ['id', 'duplicate'],
    properties: { id: { type: 'string', format: 'uuid', description: 'of the signal; the same for every repeat' }, duplicate: { type: 'boolean', description: 'true when the event had been accepted before' } },
  },
  Acceptances: { type: 'object', required: ['events'], properties: { events: { type: 'array', items: { $ref: '#/components/schemas/Acceptance' }, description: 'in the order of the batch' } } },
  CloudEvent: {
    type: 'object', required: ['specversion', 'id', 'source', 'type'],
    properties: {
      specversion: { const: '1.0' }, id: { type: 'string', minLength: 1, maxLength: 1024 }, source: { type: 'string', minLength: 1, maxLength: 1024 }, type: { type: 'string', minLength: 1, maxLength: 300 },
      subject: { type: 'string' }, time: { type: 'string', format: 'date-time' }, datacontenttype: { type: 'string' }, traceparent: { type: 'string' }, data: {},
    },
    additionalProperties: true,
  },
  Problem: {
    type: 'object', required: ['type', 'title', 'status', 'code', 'detail'], description: 'RFC 9457',
    properties: { type: { type: 'string', format: 'uri' }, title: { type: 'string' }, status: { type: 'integer' }, code: { type: 'string', description: 'stable, for programs' }, detail: { type: 'string', description: 'what happened, what was expected, what to do' } },
  },
};

function responses(): Readonly<Record<string, object>> {
  const retryAfter = { 'retry-after': { description: 'seconds, at most 10 where the edge is the reason', schema: { type: 'integer', minimum: 1 } } };
  return Object.fromEntries(Object.entries(refusals).map(([status, { description, codes, retryAfter: later }]) => [
    `Refused${status}`,
    { description, ...(later && { headers: retryAfter }), content: { 'application/problem+json': { schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties: { status: { const: Number(status) }, code: { enum: codes } } }] } } } },
  ]));
}

const refused = (statuses: readonly string[]): object => Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Refused${status}` }]));

function pathItem(parameters: readonly object[], kind: 'signed' | 'unsigned'): object {
  const security = kind === 'signed' ? Object.keys(securitySchemes).map((name) => ({ [name]: [] })) : [{}];
  const id = `${kind === 'signed' ? 'Signed' : 'Unsigned'}Event`;
  return {
    parameters,
    post: {
      operationId: `send${id}`,
      tags: ['events'],
      summary: kind === 'signed' ? 'Send an event, signed as the manifest of the source says' : 'Send an event to a source that is not signed',
      security,
      parameters: [header('webhook-id', 'id of the event: the same in every repeat'), header('webhook-timestamp', 'seconds since the epoch at which it was signed'), header('traceparent', 'W3C trace that it belongs to'), header('ce-id', 'CloudEvents in binary mode have their attributes in ce- headers, percent-encoded')],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { description: 'the content; in binary mode the data of a CloudEvent' } },
          'application/cloudevents+json': { schema: { $ref: '#/components/schemas/CloudEvent' } },
          'application/cloudevents-batch+json': { schema: { type: 'array', maxItems: 500, items: { $ref: '#/components/schemas/CloudEvent' } } },
          'application/x-www-form-urlencoded': { schema: { type: 'object', description: 'from Slack' } },
        },
      },
      responses: {
        202: { description: 'In Kafka. For a batch, all of its events are.', content: { 'application/json': { schema: { oneOf: [{ $ref: '#/components/schemas/Acceptance' }, { $ref: '#/components/schemas/Acceptances' }] } } } },
        200: { description: 'The challenge of a url_verification of Slack', content: { 'text/plain': { schema: { type: 'string' } } } },
        ...refused(Object.keys(refusals).filter((status) => status !== '403')),
      },
    },
    options: {
      operationId: `ask${id}`,
      tags: ['events'],
      summary: 'The handshake of CloudEvents web hooks, and the preflight of browsers',
      security: [{}],
      parameters: [header('webhook-request-origin', 'host of the sender'), header('webhook-request-rate', 'requests a minute that it wishes to send'), header('origin', 'of a page'), header('access-control-request-method', 'POST')],
      responses: {
        200: { description: 'Consent, given by the header', headers: { 'webhook-allowed-origin': { description: 'the sender that may deliver', schema: { type: 'string' } }, 'webhook-allowed-rate': { description: 'requests a minute', schema: { type: 'integer' } } } },
        204: { description: 'The page may send' },
        ...refused(['400', '403', '404', '405']),
      },
    },
  };
}
