// SPDX-License-Identifier: Apache-2.0
import type { SpecOf } from '../manifest/source-manifest.js';
import { Refusal } from '../refusal.js';

/**
 * How a body is to be read: JSON that is the event's content, a CloudEvent with its attributes inside, a list of such, or
 * a form, which Slack sends.
 */
export type ContentMode = 'json' | 'structured' | 'batch' | 'form';

/**
 * What a body is, by the headers that describe it, before any of it is read.
 * @throws Refusal 415 saying what would be accepted
 */
export function contentModeOf({ kind, auth }: SpecOf<'webhook' | 'cloudevents'>, contentType: string | undefined, contentEncoding: string | undefined): ContentMode {
  if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity') throw refused(`content-encoding ${shown(contentEncoding)} is not accepted: send the body as it is.`);
  const [mediaType = '', ...parameters] = (contentType ?? '').toLowerCase().split(';').map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length).replaceAll('"', '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') throw refused(`charset ${shown(charset)} is not accepted: JSON is UTF-8 (RFC 8259).`);
  if (kind === 'webhook') {
    if (mediaType === 'application/json') return 'json';
    if (auth.kind === 'slack' && mediaType === 'application/x-www-form-urlencoded') return 'form';
    const way = auth.kind === 'github' ? ' Set the content type of the webhook to application/json at GitHub.' : '';
    throw refused(`This source takes application/json, not ${shown(contentType)}.${way}`);
  }
  if (mediaType === 'application/cloudevents+json') return 'structured';
  if (mediaType === 'application/cloudevents-batch+json') return 'batch';
  if (mediaType.startsWith('application/cloudevents')) throw refused(`The CloudEvents format ${shown(contentType)} is not accepted: send application/cloudevents+json, application/cloudevents-batch+json, or binary mode.`);
  if (/^application\/([a-z0-9!#$&^_.-]+\+)?json$/.test(mediaType)) return 'json';
  throw refused(`This source takes application/cloudevents+json, application/cloudevents-batch+json, or in binary mode application/json, not ${shown(contentType)}.`);
}

const refused = (message: string): Refusal => new Refusal(415, 'media_type_unsupported', message);
const shown = (text: string | undefined): string => (text === undefined ? 'a body without content-type' : JSON.stringify(text.slice(0, 100)));
