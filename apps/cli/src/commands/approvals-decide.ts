// SPDX-License-Identifier: Apache-2.0
import { type Command, consoleOptions, textOption } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { checkEvidence } from '../evidence.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { commandResult } from './command-result.js';
import { findRequest } from './find-request.js';

/** A verdict on exactly the evidence that the console holds now; `--evidence` binds it to what `show` showed before. */
function decide(word: 'approve' | 'reject'): Command {
  return {
    name: `approvals ${word}`,
    summary: word === 'approve' ? 'Say yes to a request' : 'Say no to a request; one no ends it',
    positionals: ['REQUEST'],
    options: {
      ...consoleOptions,
      reason: { value: 'TEXT', help: '20 characters or more; needed from tier 2 on and for every no' },
      evidence: { value: 'HASH', help: 'decide only if the evidence is still this one, as "approvals show" printed it' },
    },
    async run(given, context) {
      const client = ConsoleClient.of(given, context);
      const { request } = await findRequest(client, given.positionals[0] ?? '');
      checkEvidence(request);
      const expected = textOption(given, 'evidence');
      if (expected !== undefined && expected !== request.evidenceHash) throw new Failure('evidence_mismatch', 'the evidence is another one by now: look at it again with "nervus approvals show"', exitCodes.no);
      const { nonce, revision, evidenceHash, packet } = request;
      const result = await client.post(
        `/api/requests/${request.requestId}/verdicts`,
        { verdict: word, nonce, digest: packet.digest, evidenceHash, reason: textOption(given, 'reason') ?? '' },
        { idempotencyKey: context.newId(), ifMatch: revision },
      );
      return commandResult(result, { requestId: request.requestId });
    },
  };
}

export const approvalsApprove: Command = decide('approve');
export const approvalsReject: Command = decide('reject');
