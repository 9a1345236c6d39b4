// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { tlsRefusal } from './tls-refusal.js';

it.each([
  ['ssl/tls alert bad certificate:../deps/openssl/rec_layer_s3.c:918:SSL alert number 42\n', /^the broker refused the certificate of this client, or got none \(ssl\/tls alert .* 42\)$/],
  ['tlsv13 alert certificate required', /refused the certificate of this client/],
  ['self-signed certificate in certificate chain', /of no authority that this client believes/],
  ["Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list", /not for this address/],
  ['SSL routines:tls_validate_record_header:wrong version number', /does not speak TLS/],
])('says what %s means', (message, meaning) => expect(tlsRefusal(message)).toMatch(meaning));

it.each(['connect ECONNREFUSED 127.0.0.1:9092', 'Connection timeout', 'Closed connection'])('does not take %s for a refusal, which would not be tried again', (message) => expect(tlsRefusal(message)).toBeUndefined());
