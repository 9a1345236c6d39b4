// SPDX-License-Identifier: Apache-2.0
import { services } from '@nervus/contracts';
import { ServiceClock } from '@nervus/service-kit';
import { WorkloadDirectory } from '@nervus/trust';
import { Controller, Get, Header } from '@nestjs/common';
import { Issuer } from './issuer.js';
import { TokenKeys } from './token-keys.js';

const cache = 'public, max-age=60';

/** What others need to check our tokens and signatures: issuer metadata (RFC 8414, OpenID Connect Discovery) and keys. */
@Controller()
export class DiscoveryController {
  constructor(
    private readonly issuer: Issuer,
    private readonly tokenKeys: TokenKeys,
    private readonly directory: WorkloadDirectory,
    private readonly clock: ServiceClock,
  ) {}

  @Get(['.well-known/openid-configuration', '.well-known/oauth-authorization-server'])
  @Header('cache-control', cache)
  metadata(): object {
    return {
      issuer: this.issuer.url,
      jwks_uri: `${this.issuer.url}/.well-known/jwks.json`,
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      dpop_signing_alg_values_supported: ['ES256'],
    };
  }

  /** Keys of access tokens. */
  @Get('.well-known/jwks.json')
  @Header('cache-control', cache)
  async keys(): Promise<object> {
    return { keys: await this.tokenKeys.published() };
  }

  /** Keys that sign outgoing webhooks (RFC 9421): every workload key that is or lately was in force. */
  @Get('.well-known/workload-keys.json')
  @Header('cache-control', cache)
  workloads(): object {
    const now = this.clock.now();
    const keys = [...this.directory.all()].filter((workload) => services.includes(workload.service) && workload.notAfter > now - 60 * 60_000 && this.directory.revokedAt(workload.kid) === undefined);
    return { keys: keys.map((workload) => ({ ...workload.publicJwk, kid: workload.kid, use: 'sig', alg: 'ES256' })) };
  }
}
