// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const ApprovalConfig = Type.Object({
  policies: Type.String({ default: 'policies', description: 'folder of the policy set that the first start puts in force; later only compared with it' }),
});
export type ApprovalConfig = Static<typeof ApprovalConfig>;
