// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { Refusal } from '@nervus/sources';

/**
 * Reads headers by their lower-case name. One that stands twice is refused when it is asked for: the sender's and our
 * reading of it could differ.
 */
export function headersOf(request: IncomingMessage): (name: string) => string | undefined {
  const headers = request.headersDistinct;
  return (name) => {
    const values = headers[name];
    if (values && values.length > 1) throw new Refusal(400, 'header_repeated', `The header ${name} stands more than once.`);
    return values?.[0];
  };
}
