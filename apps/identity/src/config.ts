// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const IdentityConfig = Type.Object({
  keyFolder: Type.String({ description: 'folder with root.jwk and enrolment.jwk, readable by identity alone' }),
  trustRules: Type.String({ description: 'path of the trust rules: who may become which workload, on what evidence' }),
  issuer: Type.String({ pattern: '^https?://', description: 'URL under which this service is reached from outside: the issuer of access tokens' }),
  keySeconds: Type.Integer({ default: 3600, minimum: 5, maximum: 3600, description: 'seconds that a workload key may sign' }),
  keptDays: Type.Integer({ default: 38, minimum: 1, maximum: 3650, description: 'days for which an ended key stays in the table: the longest retention and the replay window' }),
  tokenKeySeconds: Type.Integer({ default: 3600, minimum: 60, maximum: 86_400, description: 'seconds after which access tokens are signed by a new key' }),
});
export type IdentityConfig = Static<typeof IdentityConfig>;
