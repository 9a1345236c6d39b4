// SPDX-License-Identifier: Apache-2.0
import { ServiceLogger, Sweeps } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { SecretFiles } from './secret-files.js';

const everyMs = 30_000;

/** Takes replaced secrets into use without a restart. */
@Injectable()
export class ReloadSecrets {
  constructor(secrets: SecretFiles, sweeps: Sweeps, logger: ServiceLogger) {
    sweeps.every('reload-secrets', everyMs, async () => {
      for (const error of secrets.reload()) logger.error({ err: error, code: 'secret_unreadable' }, 'a secret file cannot be read again; the secret read before stays in use');
    });
  }
}
