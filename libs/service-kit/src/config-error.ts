// SPDX-License-Identifier: Apache-2.0

/** A configuration value is missing or wrong: the service does not start. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config_invalid';
  readonly retryable = false;
}
