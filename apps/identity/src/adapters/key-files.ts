// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DecryptionKey, type PrivateJwk, type TrustBundle, thumbprintOf, WorkloadKey } from '@nervus/trust';

/** The two private keys of the installation that only identity reads. */
export class KeyFiles {
  readonly root: WorkloadKey;
  readonly enrolment: DecryptionKey;

  /** @throws Error naming the file when it is missing, unreadable or not the one of the trust bundle */
  constructor(folder: string, bundle: TrustBundle) {
    this.root = WorkloadKey.fromPrivateJwk(read(join(folder, 'root.jwk')));
    this.enrolment = DecryptionKey.fromPrivateJwk(read(join(folder, 'enrolment.jwk')));
    if (!bundle.rootKeys.some((key) => thumbprintOf(key) === this.root.kid)) throw new Error(`${folder}/root.jwk is not a root of the trust bundle: the folder belongs to another installation`);
    if (thumbprintOf(bundle.enrolmentKey) !== this.enrolment.kid) throw new Error(`${folder}/enrolment.jwk is not the enrolment key of the trust bundle: the folder belongs to another installation`);
  }
}

function read(file: string): PrivateJwk {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PrivateJwk;
  } catch (error) {
    throw new Error(`${file} cannot be read as a private key: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
