// SPDX-License-Identifier: Apache-2.0
// Invariant: one open question per permit and process. Identity mints a permit's credential a few times at most, so that
// a question that has no answer yet is waited for again, never asked again, for as long as the permit lives.
import { CredentialAnswered, CredentialRequested, rootId } from '@nervus/contracts';
import { type Clock, pause, type Tables } from '@nervus/messaging';
import type { Events } from '@nervus/service-kit';
import { AccessToken, DecryptionKey, type Es256Signer, parseJsonObject, readJweHeader, readJws, VerificationError } from '@nervus/trust';
import { Compile } from 'typebox/compile';
import type { Permitted } from '../domain/permitted.js';
import type { BoundToken } from '../domain/tool.js';

const accessToken = Compile(AccessToken);
/** A token that ends sooner is not used any more. */
const leastLeftMs = 5_000;
const shortWaitMs = 100;
const issuer = 'nervus-identity';

/** The credential of one permit, why there is none, or that it is still to come. */
export type Obtained = { readonly state: 'token'; readonly token: BoundToken } | { readonly state: 'pending' } | { readonly state: 'refused'; readonly code: string; readonly detail: string };

interface Question {
  readonly id: string;
  readonly jti: string;
  readonly audience: string;
  readonly decryption: DecryptionKey;
  /** The workload key in force when it was asked. */
  readonly key: Es256Signer;
  /** When the permit ends, milliseconds since the epoch. */
  readonly until: number;
  readonly answered: AbortController;
  answer?: Obtained;
}

/** Asks identity for the credential of a permit over Kafka, and opens the answer with a key that only this process has. */
export class Credentials {
  private readonly byPermit = new Map<string, Question>();
  private readonly byId = new Map<string, Question>();
  private away = false;

  constructor(
    tables: Pick<Tables, 'on'>,
    private readonly events: Pick<Events, 'of' | 'publish'>,
    private readonly identity: { readonly spiffeId: string; readonly key: Es256Signer },
    private readonly clock: Clock,
  ) {
    tables.on(CredentialAnswered, (event) => this.take(event.data));
  }

  /** Resolves with the answer, or `pending` after the time; call again later for the same question. */
  async obtain(permitted: Permitted, audience: string, limitMs: number): Promise<Obtained> {
    const question = await this.questionFor(permitted, audience);
    if (!question.answer) await pause(this.away ? Math.min(limitMs, shortWaitMs) : limitMs, this.clock, question.answered.signal);
    if (!question.answer) this.away = true;
    return question.answer ?? { state: 'pending' };
  }

  /** The action is over, or its permit was given back. */
  forget(jti: string): void {
    const question = this.byPermit.get(jti);
    if (!question) return;
    this.byPermit.delete(jti);
    this.byId.delete(question.id);
  }

  /** Forgets the questions of permits that have ended. */
  sweep(): void {
    for (const [jti, { until }] of this.byPermit) if (until <= this.clock.now()) this.forget(jti);
  }

  private async questionFor(permitted: Permitted, audience: string): Promise<Question> {
    const { jti, exp } = permitted.claims;
    const open = this.byPermit.get(jti);
    if (open && !(open.answer?.state === 'token' && open.answer.token.expiresAt - leastLeftMs <= this.clock.now())) return open;
    this.forget(jti);
    const question: Question = { id: rootId(this.clock.now()), jti, audience, decryption: DecryptionKey.generate(), key: this.identity.key, until: exp * 1000, answered: new AbortController() };
    this.byPermit.set(jti, question);
    this.byId.set(question.id, question);
    try {
      await this.events.publish([this.requestOf(permitted, question)]);
    } catch (error) {
      this.forget(jti);
      throw error;
    }
    return question;
  }

  private requestOf(permitted: Permitted, { id, audience, decryption }: Question): ReturnType<Events['of']> {
    const { action, permit, cause } = permitted;
    const access = { type: 'nervus-tool' as const, actions: [`${action.tool}.${action.operation}`], identifier: action.actionId, locations: [audience] };
    return this.events.of(CredentialRequested, {
      key: action.runId, cause, id,
      data: { requestId: id, runId: action.runId, actionId: action.actionId, client: this.identity.spiffeId, access_token: { access: [access] }, nervus_permit: permit, nervus_action: action, nervus_enc: decryption.publicJwk },
    });
  }

  private async take(data: CredentialAnswered): Promise<void> {
    this.away = false;
    const question = this.byId.get(data.requestId);
    if (!question || question.answer) return;
    if (data.outcome === 'refused' || data.jwe === undefined) {
      question.answer = { state: 'refused', code: data.error?.code ?? 'credential_refused', detail: data.error?.description ?? 'Identity gave no reason.' };
    } else {
      try {
        // The question may have been signed by a newer key than the one in force when it was made.
        question.answer = { state: 'token', token: await open(data.jwe, question, [question.key, this.identity.key]) };
      } catch (error) {
        if (!(error instanceof VerificationError)) throw error;
        // Of no use to anyone: it is asked again, with another key.
        this.forget(question.jti);
      }
    }
    question.answered.abort();
  }
}

/** Opens the answer, which names the workload key that it is for, and checks that the token is what was asked for. */
async function open(jwe: string, { id, decryption, audience }: Question, keys: readonly Es256Signer[]): Promise<BoundToken> {
  const { apv } = readJweHeader(jwe);
  const key = keys.find(({ kid }) => Buffer.from(kid).toString('base64url') === apv);
  if (!key) throw new VerificationError('proof_mismatch', 'the answer is for another workload key than the one that asked');
  const token = (await decryption.decrypt(jwe, { apu: issuer, apv: key.kid, header: { cid: id } })).toString('utf8');
  const claims = parseJsonObject(readJws(token, { typ: 'at+jwt', maxLength: 16_384 }).payload, 'access token');
  if (!accessToken.Check(claims)) throw new VerificationError('malformed', 'the access token does not have exactly its claims');
  if (claims.cnf.jkt !== key.kid) throw new VerificationError('proof_mismatch', 'the access token is bound to another key');
  if (claims.aud !== audience) throw new VerificationError('wrong_audience', `the access token is for ${claims.aud}, ${audience} was asked for`);
  return { token, key, expiresAt: claims.exp * 1000 };
}
