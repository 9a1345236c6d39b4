// SPDX-License-Identifier: Apache-2.0
import { Metrics } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';

/** What the console counts besides what every service does. */
@Injectable()
export class ConsoleMetrics {
  private readonly commands;
  private readonly logins;
  private readonly streams;

  constructor(metrics: Metrics) {
    this.commands = metrics.counter('console_commands_total', 'Commands by kind and by the code of their answer; `pending` when there was none in time', ['kind', 'code']);
    this.logins = metrics.counter('console_logins_total', 'Logins by link', ['result']);
    this.streams = metrics.gauge('console_streams_open', 'Open streams of changes');
  }

  commanded(kind: string, code: string): void {
    this.commands.inc({ kind, code });
  }

  loggedIn(result: 'accepted' | 'refused' | 'limited'): void {
    this.logins.inc({ result });
  }

  streamOpened(): void {
    this.streams.inc();
  }

  streamClosed(): void {
    this.streams.dec();
  }
}
