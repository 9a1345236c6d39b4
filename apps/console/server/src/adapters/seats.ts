// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceLogger } from '@nervus/service-kit';
import { parseSeats, type Seat, seatOfLink, seatOfToken } from '../domain/seat.js';

/** The seats that the launcher wrote. Read anew at each use: the launcher hands out new ones at each start. */
export class Seats {
  private known: readonly Seat[] = [];
  private text = '';

  constructor(
    private readonly folder: string,
    private readonly logger: ServiceLogger,
  ) {}

  async ofLink(token: string, now: number): Promise<Seat | undefined> {
    return seatOfLink(await this.read(), token, now);
  }

  async ofToken(token: string): Promise<Seat | undefined> {
    return seatOfToken(await this.read(), token);
  }

  /** No seats when the file is missing or faulty: then nobody gets in, and the log says why. */
  private async read(): Promise<readonly Seat[]> {
    try {
      const text = await readFile(join(this.folder, 'seats.json'), 'utf8');
      if (text !== this.text) {
        this.known = parseSeats(text);
        this.text = text;
      }
    } catch (error) {
      this.known = [];
      this.text = '';
      this.logger.error({ err: error, code: 'seats_unreadable', folder: this.folder }, 'the seats cannot be read: nobody can log in');
    }
    return this.known;
  }
}
