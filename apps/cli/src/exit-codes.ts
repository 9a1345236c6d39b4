// SPDX-License-Identifier: Apache-2.0

/** What `nervus` ends with. Codes from 64 follow sysexits.h. */
export const exitCodes = {
  /** It is done, or all is well. */
  ok: 0,
  /** The answer is no: refused, conflicting, faulty or a VIOLATION. */
  no: 1,
  /** Not known yet: accepted and not answered in time, or INCOMPLETE. */
  undecided: 2,
  /** The command line makes no sense. */
  usage: 64,
  /** A file that was named cannot be read. */
  noInput: 66,
  /** The console does not answer. */
  unavailable: 69,
  /** A fault of this program. */
  internal: 70,
  /** No seat, or not one that may do this. */
  noPermission: 77,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
