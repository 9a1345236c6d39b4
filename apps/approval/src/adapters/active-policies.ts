// SPDX-License-Identifier: Apache-2.0
import { UnavailableError } from '@nervus/messaging';
import { Health } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { ActivePolicySet } from '../domain/policy-set.js';

/** The policy set in force in this process. Until there is one, nothing is ruled on and the process is not ready. */
@Injectable()
export class ActivePolicies {
  private set: ActivePolicySet | undefined;

  constructor(private readonly health: Health) {
    health.set('policies', 'the policy set in force is not loaded yet');
  }

  /** @throws UnavailableError while none is loaded: records are held */
  get current(): ActivePolicySet {
    if (!this.set) throw new UnavailableError('policies_not_loaded', 'the policy set in force is not loaded yet');
    return this.set;
  }

  /** Version of the set in force; undefined while none is loaded. */
  get version(): number | undefined {
    return this.set?.version;
  }

  activate(set: ActivePolicySet): void {
    this.set = set;
    this.health.set('policies', null);
  }
}
