// SPDX-License-Identifier: Apache-2.0
import { clientSoftwareVersion } from '@platformatic/kafka';

/** The one version of @platformatic/kafka whose inside this package was judged against. */
export const judgedVersion = '2.12.1';

/**
 * We stand on the library's connections and codecs, which it exports but documents less than the clients it builds on them.
 * @throws Error when another version is installed: whether these still do the same must be looked at first
 */
export function requireJudgedVersion(version = clientSoftwareVersion): void {
  if (version !== judgedVersion) {
    throw new Error(`@platformatic/kafka ${version} is installed, but libs/messaging-platformatic was judged against ${judgedVersion}: look at cluster.ts, fetching.ts and batches.ts again, run the conformance suite, then change version-guard.ts`);
  }
}
