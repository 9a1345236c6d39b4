// SPDX-License-Identifier: Apache-2.0
import type { Idempotency } from '@nervus/contracts';
import type { Es256Signer } from '@nervus/trust';
import type { CallResult, Found } from './call-result.js';
import type { Permitted } from './permitted.js';

/** An access token and the key that it is bound to. */
export interface BoundToken {
  readonly token: string;
  readonly key: Es256Signer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How a permitted action reaches its target, found without touching it. */
export interface Route {
  /** Name of the target for limits of concurrency and the circuit breaker; from configuration. */
  readonly destination: string;
  /** What this target does with a call that it saw before; what is not declared counts as `none`. */
  readonly idempotency: Idempotency;
  /** Whether the target can be asked by idempotency key what became of an earlier call. */
  readonly canAsk: boolean;
  /** The one resource server that a token is for; only where the tool takes one. */
  readonly audience?: string;
}

/** One call of one permitted action. */
export interface PermittedCall {
  readonly permitted: Permitted;
  /** 1 at the first call of this action, over all processes. */
  readonly attempt: number;
  /** When the first call began, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly credential?: BoundToken;
  /** Aborted when the time of this attempt is over: then nothing more is sent. */
  readonly signal: AbortSignal;
}

/** A way to act on one kind of target (tools.md section 1). An executor never throws for what a target does: it says what became of the call. */
export interface ToolExecutor {
  /** Id of the tool in the catalogue. */
  readonly tool: string;
  /** The configured way to the target, or why there is none: then nothing is sent and the action fails. */
  route(permitted: Permitted): Route | CallResult;
  /** Why the tool cannot be used at all right now; undefined when it can. */
  check(): Promise<string | undefined>;
  execute(call: PermittedCall): Promise<CallResult>;
  /** Asks the target by idempotency key what became of earlier calls. */
  reconcile(call: PermittedCall): Promise<Found>;
}
