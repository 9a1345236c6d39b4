// SPDX-License-Identifier: Apache-2.0

/** What OpenSSL and Node say of a handshake that did not come about, and what it means. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/alert (bad certificate|unsupported certificate|certificate (required|unknown|expired|revoked)|unknown ca)/i, 'the broker refused the certificate of this client, or got none'],
  [/unable to (verify the first|get local issuer|get issuer) certificate|self-signed certificate|certificate has expired|does not match certificate/i, 'the certificate of the broker is of no authority that this client believes, or not for this address'],
  [/wrong version number|packet length too long/i, 'the listener of the broker does not speak TLS'],
];

/** Which of the two does not believe the other, where it is TLS that failed; to try again would not help. Undefined for any other error. */
export function tlsRefusal(message: string): string | undefined {
  const meaning = refusals.find(([pattern]) => pattern.test(message))?.[1];
  return meaning && `${meaning} (${message.trim()})`;
}

/** What it mostly means that a broker closes a connection without a word. */
export const closedWithoutAWord = 'the broker closed the connection without a word: if it does so again, its listener speaks another security protocol than this client, or wants a certificate';
