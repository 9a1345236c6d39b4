// SPDX-License-Identifier: Apache-2.0
import type { TSchema } from 'typebox';
import type { Effect } from '../exact-action.js';
import type { DataClass, Tier } from '../fields.js';

/** JSON Pointer (RFC 6901) into an operation's parameters. */
export type Pointer = `/${string}`;

/** Kind of credential that identity mints for one permit; `none` where the tool needs no secret. */
export type CredentialKind = 'none' | 'token';

/** The effect of an operation: constant, or read from one parameter. Declarative, because it is part of the tool's schema hash. */
export type EffectRule = { readonly constant: Effect } | { readonly by: Pointer; readonly cases: Readonly<Record<string, Effect>>; readonly otherwise: Effect };

/** What an operation tells approval about its risk; what is missing counts as the worst. */
export interface RiskInputs {
  /** Pointers to where the action goes: compared with the policy set's destination list. */
  readonly destination: readonly Pointer[];
  /** Pointer to an amount in minor units of `currency`. */
  readonly amount?: Pointer;
  readonly currency?: Pointer;
  /** Pointer to the list whose length is the number of recipients, rows or items. */
  readonly batch?: Pointer;
  /** Highest data class that the destination may get. */
  readonly clearance: DataClass;
  /** True when the effect can be taken back. */
  readonly reversible: boolean;
}

/** When a call that was interrupted may be sent again under the same key. */
export type Idempotency = 'native' | 'natural' | 'none';

export interface OperationDescriptor {
  readonly name: string;
  readonly description: string;
  readonly input: TSchema;
  readonly output: TSchema;
  readonly effect: EffectRule;
  /** Template of the target: text with `{/pointer}` places. */
  readonly target: string;
  /** Where and what kind: must not come from untrusted text. Every top-level parameter is in `control` or in `data`. */
  readonly control: readonly Pointer[];
  readonly data: readonly Pointer[];
  readonly idempotency: Idempotency;
  readonly risk: RiskInputs;
  readonly tierFloor: Tier;
  /** Milliseconds for one attempt. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
}

/** A way to act on one kind of target. */
export interface ToolDescriptor {
  readonly id: string;
  readonly version: number;
  readonly description: string;
  readonly credential: CredentialKind;
  readonly operations: readonly OperationDescriptor[];
}
