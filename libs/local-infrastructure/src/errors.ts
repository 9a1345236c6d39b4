// SPDX-License-Identifier: Apache-2.0

/** Why the infrastructure is not there. */
export type InfrastructureErrorCode =
  /** Neither external addresses nor Docker nor Java: the message says what to install. */
  | 'nothing_to_start_with'
  /** Mode `external` without both addresses. */
  | 'external_incomplete'
  | 'broker_unreachable'
  | 'database_unreachable'
  | 'docker_unavailable'
  | 'docker_images_missing'
  | 'java_missing'
  | 'java_too_old'
  /** A Java runtime is there, its compiler is not. */
  | 'jdk_missing'
  | 'maven_missing'
  /** Maven could not get the jars. */
  | 'jars_unresolved'
  | 'compilation_failed'
  /** A pinned port is in use, or no free one was found near the preferred one. */
  | 'port_taken'
  | 'disk_full'
  /** Less memory than several brokers need, or than a server could get. */
  | 'memory_low'
  /** What was asked for cannot be had in this way: several brokers with Docker, or beside one that was given. */
  | 'profile_unsupported'
  /** The data folder was made for another number of brokers. */
  | 'data_folder_of_another_profile'
  /** Another launcher holds the data folder. */
  | 'data_folder_in_use'
  /** A server ended before it was ready. */
  | 'start_failed'
  /** A server was not ready within its time. */
  | 'not_ready'
  /** A server ended although nobody had asked it to. */
  | 'ended_unexpectedly'
  /** An external server is neither started nor stopped here. */
  | 'not_ours'
  | 'stopped'
  | 'aborted'
  | 'platform_unsupported';

/** What kept the broker or the database from being there. The message says what happened and what to do next. */
export class InfrastructureError extends Error {
  override readonly name = 'InfrastructureError';

  constructor(
    readonly code: InfrastructureErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The same call may succeed later without anybody changing this machine. */
  get retryable(): boolean {
    return this.code === 'not_ready' || this.code === 'broker_unreachable' || this.code === 'database_unreachable' || this.code === 'jars_unresolved';
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
