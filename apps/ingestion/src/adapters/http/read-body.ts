// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@nervus/messaging';
import { Refusal } from '@nervus/sources';

/** The connection broke before the body was complete: nobody is left to be answered. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone';
  readonly code = 'sender_gone';
}

export const tooLarge = (most: number): Refusal => new Refusal(413, 'body_too_large', `The body has more than ${most} bytes, which is the most that is taken.`);

/**
 * The body as it came, byte for byte.
 * @throws Refusal 413 as soon as it is too large, 408 when it is not complete in time; SenderGone
 */
export function readBody(request: IncomingMessage, most: number, limitMs: number, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (finish: () => void): void => {
      cancel();
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      finish();
    };
    const refuse = (refusal: Error): void =>
      settle(() => {
        // An error after this has nobody to go to, and what still comes is thrown away.
        request.on('error', () => undefined);
        request.resume();
        reject(refusal);
      });
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > most) refuse(tooLarge(most));
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)));
    const onGone = (): void => refuse(new SenderGone('the connection broke before the body was complete'));
    const cancel = clock.after(limitMs, () => refuse(new Refusal(408, 'body_too_slow', `The body was not complete within ${limitMs / 1000} s.`)));
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
