// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const ApprovalConfig = Type.Object({
  policies: Type.String({ default: 'policies', description: 'folder of the policy set that the first start puts in force; later only compared with it' }),
  permitSeconds: Type.Integer({ default: 900, minimum: 5, maximum: 900, description: 'seconds that a permit lives at most; those of tiers 0 and 1 never live longer than 300' }),
});
export type ApprovalConfig = Static<typeof ApprovalConfig>;
