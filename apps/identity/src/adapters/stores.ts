// SPDX-License-Identifier: Apache-2.0
import type { AggregateStore } from '@nervus/messaging';
import { Stores } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { MintingState } from '../domain/minting.js';
import type { UsedToken, WorkloadState } from '../domain/workload.js';
import type { TokenKeyState } from '../domain/token-key.js';

/** What identity keeps, one collection each. */
@Injectable()
export class IdentityStores {
  /** By kid. */
  readonly workloads: AggregateStore<WorkloadState>;
  /** By issuer and token id. */
  readonly usedTokens: AggregateStore<UsedToken>;
  /** By tenant and permit id. */
  readonly minting: AggregateStore<MintingState>;
  /** Public parts of the keys that sign access tokens, by kid. */
  readonly tokenKeys: AggregateStore<TokenKeyState>;

  constructor(stores: Stores) {
    this.workloads = stores.collection({ name: 'workloads', deadline: (workload) => (workload.forgotten ? undefined : workload.forgetAt), expires: (workload) => (workload.forgotten ? workload.forgetAt : undefined) });
    this.usedTokens = stores.collection({ name: 'used_tokens', expires: (token) => token.forgetAt });
    this.minting = stores.collection({ name: 'minting', expires: (state) => state.forgetAt });
    this.tokenKeys = stores.collection({ name: 'token_keys', indexes: { published: (key) => key.published }, expires: (key) => key.removeAt });
  }
}
