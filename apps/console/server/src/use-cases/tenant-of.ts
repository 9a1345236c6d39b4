// SPDX-License-Identifier: Apache-2.0
import { PermanentError, type Received } from '@nervus/messaging';

/** The tenant that a record belongs to. @throws PermanentError: without one nobody could be shown it */
export function tenantOf({ tenant, type }: Received<unknown>): string {
  if (tenant === undefined) throw new PermanentError('tenant_missing', `a record of ${type} belongs to a tenant`);
  return tenant;
}
