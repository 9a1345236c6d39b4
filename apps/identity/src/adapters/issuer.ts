// SPDX-License-Identifier: Apache-2.0

/** The URL under which identity is known to the outside: issuer of access tokens, base of its discovery documents. */
export class Issuer {
  constructor(readonly url: string) {}
}
