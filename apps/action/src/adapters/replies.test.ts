// SPDX-License-Identifier: Apache-2.0
// What this process asked others for and how it knows the answers: receipts of audit, credentials of identity.
import { CredentialAnswered, CredentialRequested, IntentReceipted, type PublicJwk } from '@nervus/contracts';
import { eventOf, type OutgoingEvent, type PublishReceipt } from '@nervus/messaging';
import { FakeClock, settled } from '@nervus/messaging/testing';
import { encryptJwe, issueAccessToken, WorkloadKey } from '@nervus/trust';
import { beforeEach, describe, expect, it } from 'vitest';
import { HandFedTables } from '../../test/fake-tables.js';
import { hash, sampleAction, SampleWorld, start, trustDomain } from '../../test/sample-world.js';
import type { Permitted } from '../domain/permitted.js';
import { Credentials, type Obtained } from './credentials.js';
import { Receipts } from './receipts.js';

const world = new SampleWorld();
let tables: HandFedTables;
let clock: FakeClock;
beforeEach(() => {
  tables = new HandFedTables();
  clock = new FakeClock(start);
});

/** What a promise is after everything that is ready has run; undefined while it waits. */
async function now<T>(promise: Promise<T>): Promise<T | undefined> {
  let value: T | undefined;
  void promise.then((result) => (value = result));
  await settled();
  return value;
}

describe('receipts', () => {
  const receipt = (actionId: string, leaf = hash): Promise<void> => tables.feed(IntentReceipted, { actionId, runId: actionId, index: 1, leaf });

  it('only the receipt of exactly this intent of this action counts', async () => {
    const receipts = new Receipts(tables, clock);
    const { actionId, runId, toolSchema } = sampleAction();
    const waiting = receipts.wait(actionId, hash, 3_000);
    await receipt(actionId, toolSchema);
    await receipt(runId, hash);
    expect(await now(waiting)).toBeUndefined();
    await clock.advance(3_000);
    expect(await now(waiting)).toBe(false);
  });

  it('it is seen at once, also when it came before anyone waited', async () => {
    const receipts = new Receipts(tables, clock);
    const { actionId } = sampleAction();
    const waiting = receipts.wait(actionId, hash, 3_000);
    await receipt(actionId);
    expect(await now(waiting)).toBe(true);
    expect(await now(receipts.wait(actionId, hash, 3_000))).toBe(true);
  });

  it('while audit is away nobody waits long, and when it is back everyone does again', async () => {
    const receipts = new Receipts(tables, clock);
    const { actionId, runId } = sampleAction();
    const first = receipts.wait(actionId, hash, 3_000);
    await clock.advance(3_000);
    expect(await now(first)).toBe(false);
    const second = receipts.wait(actionId, hash, 3_000);
    await clock.advance(100);
    expect(await now(second)).toBe(false);
    await receipt(runId, 'another');
    const third = receipts.wait(actionId, hash, 3_000);
    await clock.advance(2_000);
    await receipt(actionId);
    expect(await now(third)).toBe(true);
  });
});

describe('credentials', () => {
  const audience = 'https://api.example.com';
  const issuerKey = WorkloadKey.generate();
  let asked: CredentialRequested[];
  let own: { spiffeId: string; key: WorkloadKey };
  let credentials: Credentials;

  beforeEach(() => {
    asked = [];
    own = { spiffeId: `spiffe://${trustDomain}/service/action`, key: WorkloadKey.generate() };
    const events = {
      of: (type: Parameters<typeof eventOf>[0], event: Parameters<typeof eventOf>[1]) => eventOf(type, event, clock),
      publish: (published: readonly OutgoingEvent[]): Promise<readonly PublishReceipt[]> => {
        asked.push(...published.map(({ value }) => JSON.parse(value!) as CredentialRequested));
        return Promise.resolve([]);
      },
    };
    credentials = new Credentials(tables, events as never, own, clock);
  });

  const permitted = (): Permitted => world.permitted(sampleAction('http.request'), 2);
  async function answer(request: CredentialRequested, change: { key?: WorkloadKey; audience?: string; enc?: PublicJwk; apv?: string; cid?: string; life?: number } = {}): Promise<void> {
    const key = change.key ?? own.key;
    const iat = Math.floor(clock.now() / 1000);
    const token = issueAccessToken(
      {
        iss: 'https://id.example', sub: `spiffe://${trustDomain}/tenant/default/agent/market-news`, aud: change.audience ?? audience, client_id: request.client, iat, exp: iat + (change.life ?? 60), jti: request.requestId,
        cnf: { jkt: key.kid }, act: { sub: request.client }, authorization_details: request.access_token.access,
      },
      issuerKey,
    );
    const jwe = await encryptJwe(Buffer.from(token), change.enc ?? request.nervus_enc, { apu: 'nervus-identity', apv: change.apv ?? key.kid, header: { cid: change.cid ?? request.requestId } });
    await tables.feed(CredentialAnswered, { requestId: request.requestId, runId: request.runId, actionId: request.actionId, outcome: 'issued', jwe });
  }

  it('the question names permit, exact action and audience, and a key that only this process has', async () => {
    const one = permitted();
    void credentials.obtain(one, audience, 3_000);
    await settled();
    expect(asked).toMatchObject([{ actionId: one.action.actionId, client: own.spiffeId, nervus_permit: one.permit, nervus_action: one.action, access_token: { access: [{ actions: ['http.request'], identifier: one.action.actionId, locations: [audience] }] } }]);
    expect(JSON.stringify(asked)).not.toContain('"d":');
  });

  it('the token comes with the key that it is bound to', async () => {
    const obtaining = credentials.obtain(permitted(), audience, 3_000);
    await settled();
    await answer(asked[0]!);
    expect(await now(obtaining)).toMatchObject({ state: 'token', token: { key: { kid: own.key.kid }, expiresAt: start + 60_000 } } satisfies { state: Obtained['state']; token: object });
  });

  it('an answer that is late is waited for, not asked for again; one of its own for each process', async () => {
    const one = permitted();
    const first = credentials.obtain(one, audience, 3_000);
    await clock.advance(3_000);
    expect(await now(first)).toEqual({ state: 'pending' });
    await answer(asked[0]!);
    expect(await now(credentials.obtain(one, audience, 3_000))).toMatchObject({ state: 'token' });
    expect(asked).toHaveLength(1);
  });

  it('a key that rotates while the question is on its way still opens the answer', async () => {
    const obtaining = credentials.obtain(permitted(), audience, 3_000);
    await settled();
    own.key = WorkloadKey.generate();
    await answer(asked[0]!);
    expect(await now(obtaining)).toMatchObject({ state: 'token', token: { key: { kid: own.key.kid } } });
  });

  it.each<[string, (request: CredentialRequested) => Promise<void>]>([
    ['bound to another key', (request) => answer(request, { key: WorkloadKey.generate() })],
    ['bound to another key under our name', (request) => answer(request, { key: WorkloadKey.generate(), apv: own.key.kid })],
    ['for another audience', (request) => answer(request, { audience: 'https://other.example' })],
    ['sealed for another question', (request) => answer(request, { cid: request.actionId })],
    ['sealed for another key', (request) => answer(request, { enc: WorkloadKey.generate().publicJwk })],
  ])('a token %s is not taken; it is asked for again', async (_, reply) => {
    const one = permitted();
    const obtaining = credentials.obtain(one, audience, 3_000);
    await settled();
    await reply(asked[0]!);
    await clock.advance(3_000);
    expect(await now(obtaining)).toEqual({ state: 'pending' });
    void credentials.obtain(one, audience, 3_000);
    await settled();
    expect(asked).toHaveLength(2);
    expect(asked[1]!.nervus_enc).not.toEqual(asked[0]!.nervus_enc);
  });

  it('a refusal is told with its code', async () => {
    const obtaining = credentials.obtain(permitted(), audience, 3_000);
    await settled();
    const { requestId, runId, actionId } = asked[0]!;
    await tables.feed(CredentialAnswered, { requestId, runId, actionId, outcome: 'refused', error: { code: 'tool_not_in_manifest', description: 'no' } });
    expect(await now(obtaining)).toEqual({ state: 'refused', code: 'tool_not_in_manifest', detail: 'no' });
  });

  it('a token that is about to end is asked for anew, and what belongs to ended permits is forgotten', async () => {
    const one = permitted();
    const obtaining = credentials.obtain(one, audience, 3_000);
    await settled();
    await answer(asked[0]!, { life: 10 });
    await now(obtaining);
    await clock.advance(6_000);
    void credentials.obtain(one, audience, 3_000);
    await settled();
    expect(asked).toHaveLength(2);
    await clock.advance(900_000);
    credentials.sweep();
    void credentials.obtain(one, audience, 3_000);
    await settled();
    expect(asked).toHaveLength(3);
  });
});
