// SPDX-License-Identifier: Apache-2.0
// Standard Webhooks 1.0, symmetric signatures, by WebCrypto, so that it works in browsers as well.

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Signs `id.timestamp.body`. */
export class Signer {
  private constructor(private readonly key: Key) {}

  /** @param secret `whsec_` and base64, or any other text, whose UTF-8 bytes are the key. @throws TypeError when it is empty or not base64 */
  static async of(secret: string): Promise<Signer> {
    const bytes = bytesOf(secret.trim());
    if (bytes.length === 0) throw new TypeError('the secret of a publisher is empty: give "whsec_" and base64, or another text');
    return new Signer(await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']));
  }

  /** @param timestamp whole seconds since the epoch. @returns the three headers */
  async headers(id: string, timestamp: number, body: string): Promise<Record<string, string>> {
    const mac = await crypto.subtle.sign('HMAC', this.key, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
    return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}` };
  }
}

function bytesOf(secret: string): Uint8Array<ArrayBuffer> {
  if (!secret.startsWith('whsec_')) return new TextEncoder().encode(secret);
  try {
    return Uint8Array.from(atob(secret.slice('whsec_'.length)), (character) => character.charCodeAt(0));
  } catch {
    // Without the cause, whose message could name the secret.
    throw new TypeError('a secret that begins with "whsec_" must go on in base64');
  }
}
