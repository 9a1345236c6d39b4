// SPDX-License-Identifier: Apache-2.0
import { IntentRecorded } from '@nervus/contracts';
import { Events, ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { Credentials } from '../adapters/credentials.js';
import { Receipts } from '../adapters/receipts.js';
import type { Intent } from '../domain/action-state.js';
import type { Gate, HoldReason } from '../domain/gate.js';
import { headersOf } from '../domain/outcome.js';
import type { Permitted } from '../domain/permitted.js';
import type { BoundToken, Route } from '../domain/tool.js';
import { ActionSettings } from './settings.js';

/** What an action needs before it may begin, or why it cannot begin now. */
export type Preparation =
  | { readonly state: 'ready'; readonly intent?: Intent; readonly credential?: BoundToken }
  | { readonly state: 'hold'; readonly reason: HoldReason; readonly intent?: Intent }
  | { readonly state: 'closed'; readonly gate: Extract<Gate, { gate: 'return' }> | { readonly gate: 'end'; readonly code: string; readonly detail: string }; readonly intent?: Intent };

/** An outcome is due this long after the permit has ended, in milliseconds. */
const outcomeDueMs = 2 * 60_000;

/** Records the intent, waits for its receipt (tiers 2 and 3), and gets the credential where the tool takes one. */
@Injectable()
export class Prepare {
  constructor(
    private readonly events: Events,
    private readonly receipts: Receipts,
    private readonly credentials: Credentials,
    private readonly settings: ActionSettings,
    private readonly clock: ServiceClock,
  ) {}

  /** Whether anything has to be got first. */
  isNeeded({ tier, entry }: Permitted): boolean {
    return tier >= 2 || entry.tool.credential === 'token';
  }

  /** @param known the intent that was recorded for this permit before */
  async run(permitted: Permitted, route: Route, known: Intent | undefined): Promise<Preparation> {
    const intent = permitted.tier >= 2 ? await this.intentOf(permitted, known) : undefined;
    const withIntent = intent ? { intent } : {};
    if (intent && !(await this.receipts.wait(permitted.action.actionId, intent.leaf, this.settings.receiptWaitMs))) return { state: 'hold', reason: 'receipt_missing', ...withIntent };
    if (permitted.entry.tool.credential !== 'token') return { state: 'ready', ...withIntent };

    const obtained = await this.credentials.obtain(permitted, route.audience ?? '', this.settings.credentialWaitMs);
    switch (obtained.state) {
      case 'token':
        return { state: 'ready', credential: obtained.token, ...withIntent };
      case 'pending':
        return { state: 'hold', reason: 'credential_missing', ...withIntent };
      case 'refused':
        this.credentials.forget(permitted.jti);
        // By identity's clock. It is asked again.
        if (obtained.code === 'permit_not_yet_valid') return { state: 'hold', reason: 'not_yet_valid', ...withIntent };
        return { state: 'closed', gate: refusal(permitted, obtained.code, obtained.detail), ...withIntent };
    }
  }

  /** The intent stands in the log once; it is recorded again only where its receipt may have been missed. */
  private async intentOf(permitted: Permitted, known: Intent | undefined): Promise<Intent> {
    if (known && (known.at > this.receipts.since || this.receipts.has(permitted.action.actionId, known.leaf))) return known;
    const { action, digest, jti, tier, claims, cause } = permitted;
    const deadline = new Date(claims.exp * 1000 + outcomeDueMs).toISOString();
    const event = this.events.of(IntentRecorded, { tenant: cause.tenant, key: action.runId, cause, purpose: 'intent', data: { actionId: action.actionId, runId: action.runId, digest, jti, tier, deadline }, extensions: headersOf(permitted) });
    // Write-ahead: acknowledged by Kafka before anything else happens; the outbox would tell us no leaf hash.
    const [receipt] = await this.events.publish([event]);
    if (!receipt) throw new TypeError('the publisher acknowledged an intent without saying which');
    return { leaf: receipt.leaf, at: this.clock.now() };
  }
}

/** What identity has to say may be about time and policies, which approval rules on again; the rest is final. */
function refusal({ claims }: Permitted, code: string, detail: string): Extract<Preparation, { state: 'closed' }>['gate'] {
  if (code === 'policy_stale') return { gate: 'return', code, detail };
  if (code === 'expired' && !claims.req) return { gate: 'return', code: 'permit_expired', detail };
  return { gate: 'end', code, detail };
}
