// SPDX-License-Identifier: Apache-2.0
import { derivedId, topics } from '@nervus/contracts';
import { hashLeaf } from '@nervus/transparency-log';
import { base64url, entryBytes, entryOf, VerificationError } from '@nervus/trust';
import { factsOf } from '@nervus/verifier';
import type { Inspection, InboundRecord, Lease } from '@nervus/messaging';
import type { Candidate, Origin } from '../domain/candidate.js';
import type { FindingLedger, Told } from '../domain/finding-ledger.js';
import type { Forgeries } from '../domain/forgeries.js';
import type { PartitionProgress } from '../domain/partition-progress.js';

export interface CaptureOptions {
  /** Verifies and decodes without acting upon the outcome. */
  readonly inspect: (record: InboundRecord, lease: Lease) => Promise<Inspection>;
  /** Resolves when the record is in the log and receipted. */
  readonly submit: (candidate: Candidate) => Promise<void>;
  readonly forgeries: Forgeries;
  readonly ledger: FindingLedger;
  readonly progress: PartitionProgress;
  readonly topicPrefix: string;
  readonly now: () => number;
  /** Counts records by what became of them. */
  readonly count: (outcome: 'captured' | 'undecodable' | 'forged') => void;
}

/** Every record of every audited topic goes into the log: verified first, in the order of its partition. */
export class CaptureRecords {
  constructor(private readonly options: CaptureOptions) {}

  /** Takes records of one partition; resolves when all are in the log and receipted, so that their offsets may be committed. */
  async handle(records: readonly InboundRecord[], lease: Lease): Promise<void> {
    const submitted: Promise<void>[] = [];
    for (const record of records) {
      const candidate = this.candidateOf(await this.options.inspect(record, lease));
      if (candidate) submitted.push(this.options.submit(candidate));
    }
    await Promise.all(submitted);
    const last = records.at(-1);
    if (last) this.options.progress.settled(last.topic, last.partition, last.offset + 1n, last.timestamp);
  }

  /** Undefined for a record that nobody is known to have signed: it is told of, and has no entry. */
  private candidateOf(inspection: Inspection): Candidate | undefined {
    const { record } = inspection;
    const origin: Origin = { topic: record.topic, partition: record.partition, offset: record.offset, appendedAt: record.timestamp };
    if (inspection.state === 'untrusted' && !inspection.verification) {
      this.options.count('forged');
      const { code, message } = inspection.error;
      this.say(this.options.forgeries.report({ origin, code, detail: message, key: record.key, value: record.value }, this.options.now()));
      return undefined;
    }
    try {
      const entry = entryOf(record);
      const bytes = entryBytes(entry);
      const leafHash = hashLeaf(bytes);
      const leaf = base64url(leafHash);
      const facts = factsOf(entry, this.options.topicPrefix);
      if (!facts) throw new VerificationError('record_malformed', 'the record has no number');
      const { verification } = inspection;
      const isEnrolment = verification?.declaration.name === topics.identity.enrolments.name;
      const problem = inspection.state === 'received' ? undefined : { code: inspection.state === 'undecodable' ? 'undecodable' : inspection.error.code, detail: inspection.error.message };
      this.options.count(problem ? 'undecodable' : 'captured');
      if (problem) this.say(undecodable(leaf, origin, problem.code, problem.detail));
      return {
        bytes, leafHash, leaf, facts, value: record.value, data: inspection.state === 'received' ? inspection.received.data : undefined, origin,
        ...(verification && isEnrolment && { selfSignedBy: verification.kid }), ...(problem && { problem }),
      };
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      // Signed, and yet too large for a log: no producer of ours can make one.
      this.options.count('forged');
      this.say(this.options.forgeries.report({ origin, code: error.code, detail: error.message, key: record.key, value: record.value }, this.options.now()));
      return undefined;
    }
  }

  private say(finding: Told | undefined): void {
    if (finding) this.options.ledger.say(finding);
  }
}

const undecodable = (leaf: string, { topic, partition, offset }: Origin, code: string, detail: string): Told => ({
  findingId: derivedId('undecodable', leaf), rule: 'capture', code, status: 'open', severity: 'warning', indexes: [], detail: `${topic}/${partition} offset ${offset}, leaf ${leaf}: ${detail}`.slice(0, 1000),
});
