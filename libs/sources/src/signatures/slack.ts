// SPDX-License-Identifier: Apache-2.0
// Requests of Slack: `X-Slack-Signature: v0=<hex>`, HMAC-SHA256 over `v0:timestamp:body`. Events come as JSON with an
// event_id that their repeats keep; interactions and commands come as forms with a trigger_id.
import { atPointer } from '@nervus/contracts';
import type { AuthOf } from '../manifest/auth.js';
import { anyFits, behind, checkTimestamp, invalid, keyIn, macsOf, missing, type SignatureScheme, textIn, timeOfSeconds } from './scheme.js';

export const slack: SignatureScheme<AuthOf<'slack'>> = {
  shortestSecret: 16,
  secretOf: (_, text) => keyIn(text),
  check(_, { header, body }, secrets, nowMs) {
    const [timestamp, signature] = [header('x-slack-request-timestamp'), header('x-slack-signature')];
    if (!timestamp || !signature) throw missing('x-slack-request-timestamp', 'x-slack-signature');
    checkTimestamp('x-slack-request-timestamp', timestamp, nowMs);
    if (!anyFits(behind('v0=', signature, 'hex'), macsOf(secrets, `v0:${timestamp}:`, body))) throw invalid('x-slack-signature does not fit timestamp and body');
  },
  marks: (_, { header }, content) => ({
    id: textIn(content, 'event_id') ?? textIn(content, 'trigger_id'),
    type: textIn(atPointer(content, '/event'), 'type') ?? textIn(content, 'type') ?? textIn(content, 'command'),
    time: timeOfSeconds(atPointer(content, '/event_time')) ?? timeOfSeconds(header('x-slack-request-timestamp')),
  }),
};

/** What Slack sends once to learn whether an address is ours; it is answered, and is no event. */
export function slackChallenge(content: unknown): string | undefined {
  return textIn(content, 'type') === 'url_verification' ? textIn(content, 'challenge')?.slice(0, 1024) : undefined;
}
