// SPDX-License-Identifier: Apache-2.0
import kafkajs, { type Mechanism } from 'kafkajs';

const separator = '\u0001';

/**
 * OAUTHBEARER (RFC 7628) with a token that is asked for at every authentication, also when a session is renewed on an
 * open connection. kafkajs has the mechanism too, but never looks at the answer: it takes a refused token for accepted,
 * and the next request fails without a reason.
 */
export function oauthBearer(token: () => string | Promise<string>): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }) => ({
      authenticate: async () => {
        const initial = initialResponse(await current(token));
        const refusal = await saslAuthenticate<string>({ request: { encode: () => initial }, response: { decode: withoutLength, parse: (data: Buffer) => data.toString() } }).catch((error: Error) => {
          throw refused(error.message);
        });
        // The broker answers a token that it accepts with nothing, and any other with the reason as JSON.
        if (refusal) throw refused(refusal);
      },
    }),
  };
}

async function current(token: () => string | Promise<string>): Promise<string> {
  try {
    return await token();
  } catch (error) {
    throw refused(`there is no token: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// Its types leave out the message.
const AuthenticationError = kafkajs.KafkaJSSASLAuthenticationError as unknown as new (message: string) => Error;

const refused = (reason: string): Error => new AuthenticationError(`SASL OAUTHBEARER authentication failed: ${reason}`);

/** Preceded by its length, as kafkajs wants it. */
function initialResponse(token: string): Buffer {
  const text = Buffer.from(`n,,${separator}auth=Bearer ${token}${separator}${separator}`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length);
  return Buffer.concat([length, text]);
}

const withoutLength = (data: Buffer): Buffer => data.subarray(4);
