// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { type EnrolmentRequested, services } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { evidenceContext, renewalProfile } from '@nervus/service-kit';
import { VerificationError, verifyJws, type WorkloadDirectory } from '@nervus/trust';
import type { EnrolmentVerdict, Evidence, EnrolmentSettings } from '../domain/enrolment.js';
import { judgeEnrolment } from '../domain/enrolment.js';
import { parseTrustRules, type TrustRule } from '../domain/trust-rules.js';
import type { KeyFiles } from './key-files.js';

/** Opens the evidence of enrolments and holds it to the trust rules. */
export class EnrolmentPolicy {
  private readonly rules: readonly TrustRule[];

  constructor(
    private readonly keys: KeyFiles,
    private readonly directory: WorkloadDirectory,
    trustRulesFile: string,
    private readonly settings: EnrolmentSettings,
    /** Days for which an ended key stays in the table. */
    readonly keptDays: number,
  ) {
    this.rules = parseTrustRules(JSON.parse(readFileSync(trustRulesFile, 'utf8')));
  }

  async judge(event: Received<EnrolmentRequested>): Promise<EnrolmentVerdict> {
    const verdict = judgeEnrolment(event.data, await this.open(event.data), this.rules, this.settings, event.origin.appendedAt);
    if (verdict.verdict === 'refused' || event.data.renewal === undefined) return verdict;
    return this.isRenewalOf(event.data, event.data.renewal, event.origin.appendedAt) ? verdict : { verdict: 'refused', code: 'renewal_invalid', detail: 'The renewal is not signed by a key of the same service that is in force.' };
  }

  private async open(data: EnrolmentRequested): Promise<Evidence | undefined> {
    try {
      const opened: unknown = JSON.parse((await this.keys.enrolment.decrypt(data.evidence, evidenceContext(data.kid))).toString('utf8'));
      return isEvidence(opened) ? opened : undefined;
    } catch (error) {
      if (error instanceof VerificationError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  private isRenewalOf(data: EnrolmentRequested, renewal: string, appendedAt: number): boolean {
    try {
      const { payload, header } = verifyJws(renewal, renewalProfile, ({ kid }) => (kid === undefined ? undefined : this.directory.find(kid)?.publicKey));
      const judgement = this.directory.judge(header.kid ?? '', { producers: services, appendedAt });
      return judgement.state === 'good' && judgement.workload.service === data.service && payload.toString('utf8') === data.kid;
    } catch (error) {
      if (error instanceof VerificationError) return false;
      throw error;
    }
  }
}

function isEvidence(value: unknown): value is Evidence {
  return typeof value === 'object' && value !== null && 'token' in value && typeof value.token === 'string' && 'kid' in value && typeof value.kid === 'string';
}
