// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { Controller, type DynamicModule, Get, Header, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, HealthIndicatorService, type HealthCheckResult, TerminusModule } from '@nestjs/terminus';
import { Health } from './health.js';
import { Metrics } from './metrics.js';

/** Health and metrics on a port of their own, never reachable from the outside. */
@Controller()
class ManagementController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    const indicator = this.indicators.check('process');
    const problem = this.health.live();
    return this.checks.check([() => (problem === undefined ? indicator.up() : indicator.down(problem))]);
  }

  @Get('health/ready')
  @HealthCheck()
  async ready(): Promise<HealthCheckResult> {
    const problems = [...(await this.health.notReady())];
    return this.checks.check(problems.map(([part, problem]) => () => this.indicators.check(part).down(problem)));
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  text(): Promise<string> {
    return this.metrics.text();
  }
}

@Module({})
class ManagementModule {
  static with(health: Health, metrics: Metrics): DynamicModule {
    return {
      module: ManagementModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [ManagementController],
      providers: [
        { provide: Health, useValue: health },
        { provide: Metrics, useValue: metrics },
      ],
    };
  }
}

/** A listening management port. */
export interface Management {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens `/health/live`, `/health/ready` and `/metrics`. It comes first and goes last, so that every state can be seen. */
export async function openManagement(health: Health, metrics: Metrics, host: string, port: number): Promise<Management> {
  const app = await NestFactory.create(ManagementModule.with(health, metrics), { logger: false });
  await app.listen(port, host);
  const server: Server = app.getHttpServer();
  return { port: (server.address() as AddressInfo).port, close: () => app.close() };
}
