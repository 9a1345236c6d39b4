// SPDX-License-Identifier: Apache-2.0
import { CredentialAnswered, CredentialRequested, IdentityRecorded, topics } from '@nervus/contracts';
import { type OutgoingEvent, type Received, UnavailableError } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { Events, ServiceClock } from '@nervus/service-kit';
import { type AccessToken, encryptJwe, issueAccessToken, type Permit, VerificationError, verifyPermit, WorkloadDirectory } from '@nervus/trust';
import { MeshView } from '../adapters/mesh-view.js';
import { IdentityStores } from '../adapters/stores.js';
import { TokenKeys } from '../adapters/token-keys.js';
import { Issuer } from '../adapters/issuer.js';
import { judgeCredentialRequest } from '../domain/credential.js';
import { recordMint } from '../domain/minting.js';

/** How long a permit's mints are remembered after it has expired. */
const rememberMs = 24 * 60 * 60_000;

/** action asks for the credential of one permit: mint it for that action, that audience and that key, or say why not. */
@UseCase()
export class MintCredential {
  constructor(
    private readonly stores: IdentityStores,
    private readonly view: MeshView,
    private readonly directory: WorkloadDirectory,
    private readonly tokenKeys: TokenKeys,
    private readonly issuer: Issuer,
    private readonly events: Events,
    private readonly clock: ServiceClock,
  ) {}

  @On(topics.action.credentialRequests, CredentialRequested)
  async handle(event: Received<CredentialRequested>): Promise<void> {
    const { data } = event;
    const permit = this.permitOf(event);
    if (!('jti' in permit)) return this.refuse(event, permit.code, permit.detail);
    const { tenant, agent } = data.nervus_action;
    if (tenant !== event.tenant) return this.refuse(event, 'digest_mismatch', 'The action belongs to another tenant than its record.');
    const verdict = judgeCredentialRequest(data, permit, event.producer.spiffeId, this.view.of(tenant, agent.name, permit.jti), this.clock.now());
    if (verdict.verdict === 'hold') throw new UnavailableError('view_stale', `minting waits: ${verdict.because}`);
    if (verdict.verdict === 'refuse') return this.refuse(event, verdict.code, verdict.detail);
    return this.mint(event, permit, verdict.audience, verdict.expiresInSeconds);
  }

  private async mint(event: Received<CredentialRequested>, permit: Permit, audience: string, expiresInSeconds: number): Promise<void> {
    const { data } = event;
    const iat = Math.floor(this.clock.now() / 1000);
    const claims: AccessToken = {
      iss: this.issuer.url, sub: permit.sub, aud: audience, client_id: data.client, iat, exp: iat + expiresInSeconds, jti: data.requestId,
      cnf: { jkt: event.producer.kid }, act: { sub: event.producer.spiffeId }, authorization_details: data.access_token.access,
    };
    const token = issueAccessToken(claims, await this.tokenKeys.signer());
    const jwe = await encryptJwe(Buffer.from(token), data.nervus_enc, { apu: 'nervus-identity', apv: event.producer.kid, header: { cid: data.requestId } });
    const applied = await this.stores.minting.apply(`${event.tenant}/${permit.jti}`, event.id, (current) => {
      const state = recordMint(current, { requestId: data.requestId, tokenId: claims.jti, exp: claims.exp }, permit.exp * 1000 + rememberMs);
      if (!state) return 'unchanged';
      return { state, events: [this.answer(event, { outcome: 'issued', jwe }), this.recorded(event, 'credential-minted', 'granted', permit.sub)] };
    });
    if (applied.outcome === 'unchanged') return this.refuse(event, 'too_many_requests', 'Three credentials were minted for this permit already; it is good for one use.');
  }

  private permitOf(event: Received<CredentialRequested>): Permit | { readonly code: string; readonly detail: string } {
    try {
      return verifyPermit(event.data.nervus_permit, { directory: this.directory, audience: 'action', now: this.clock.now() });
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      if (error.retryable) throw new UnavailableError('permit_key_unknown', error.message, {}, { cause: error });
      return { code: error.code === 'expired' ? 'expired' : `permit_${error.code}`, detail: error.message };
    }
  }

  private async refuse(event: Received<CredentialRequested>, code: string, detail: string): Promise<void> {
    await this.events.publish([this.answer(event, { outcome: 'refused', error: { code, description: detail } }), this.recorded(event, 'credential-refused', code, event.data.client)]);
  }

  private answer(event: Received<CredentialRequested>, result: Pick<CredentialAnswered, 'outcome' | 'error' | 'jwe'>): OutgoingEvent {
    const { requestId, runId, actionId } = event.data;
    return this.events.of(CredentialAnswered, { key: runId, cause: event, purpose: 'answer', data: { requestId, runId, actionId, ...result } });
  }

  private recorded(event: Received<CredentialRequested>, what: IdentityRecorded['what'], decision: string, subject: string): OutgoingEvent {
    const { actionId, client, access_token: access } = event.data;
    const resource = access.access[0]?.locations[0];
    return this.events.of(IdentityRecorded, {
      key: actionId, cause: event, purpose: 'recorded',
      data: { what, subject, delegatedSubject: client, ...(resource !== undefined && { resource }), actionId, decision, at: this.clock.instant() },
    });
  }
}
