// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { featureMatrix } from './feature-matrix.js';

it('what the documentation says of the Kafka clients is what their adapters declare', () => {
  expect(readFileSync(new URL('../../docs/messaging-clients.md', import.meta.url), 'utf8')).toContain(featureMatrix());
});
