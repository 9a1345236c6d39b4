// SPDX-License-Identifier: Apache-2.0
import type { Page, RequestAnswer, RequestSummary } from '../api.js';
import type { ConsoleClient } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { Failure, usageFailure } from '../failure.js';

const whole = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const beginning = /^[0-9a-f-]{6,35}$/;

/** The request that an id, or the beginning of the id of an open one, stands for. @throws Failure */
export async function findRequest(client: ConsoleClient, given: string): Promise<RequestAnswer> {
  const id = whole.test(given) ? given : await completed(client, given);
  return client.get<RequestAnswer>(`/api/requests/${id}`);
}

async function completed(client: ConsoleClient, given: string): Promise<string> {
  if (!beginning.test(given)) throw usageFailure(`"${given}" is no request id: give it whole, or its first six characters or more`);
  let cursor: string | null = null;
  const found: string[] = [];
  do {
    const page: Page<RequestSummary> = await client.get<Page<RequestSummary>>(`/api/requests?${new URLSearchParams({ state: 'open', limit: '200', ...(cursor === null ? {} : { cursor }) }).toString()}`);
    found.push(...page.items.map(({ requestId }) => requestId).filter((id) => id.startsWith(given)));
    cursor = page.next;
  } while (cursor !== null && found.length < 2);
  const [only, second] = found;
  if (only === undefined) throw new Failure('unknown_request', `no open request begins with ${given}: "nervus approvals list" shows them; requests that ended need their whole id`, exitCodes.no);
  if (second !== undefined) throw new Failure('request_ambiguous', `more than one open request begins with ${given}: give more of the id`, exitCodes.usage);
  return only;
}
