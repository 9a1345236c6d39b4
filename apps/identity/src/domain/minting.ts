// SPDX-License-Identifier: Apache-2.0

/** What was minted for one permit: one live credential at a time, and never a fourth. */
export interface MintingState {
  readonly minted: readonly { readonly requestId: string; readonly tokenId: string; readonly exp: number }[];
  /** Milliseconds since the epoch. */
  readonly forgetAt: number;
}

/** A permit is for one use; further requests come from a process that crashed before it had the answer. */
export const mostCredentials = 3;

/** Records a mint; undefined when the permit has had its three. */
export function recordMint(current: MintingState | undefined, mint: MintingState['minted'][number], forgetAt: number): MintingState | undefined {
  const minted = current?.minted ?? [];
  return minted.length >= mostCredentials ? undefined : { minted: [...minted, mint], forgetAt: Math.max(forgetAt, current?.forgetAt ?? 0) };
}
