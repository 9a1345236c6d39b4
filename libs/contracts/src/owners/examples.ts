// SPDX-License-Identifier: Apache-2.0
import type { ExactAction } from '../exact-action.js';

/** Values that the examples of several records share. */
export const exampleDigest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
export const exampleJose = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl';
export const exampleIds = {
  signal: '2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b',
  run: '6a1d7c52-93b4-5f0e-9c1d-2b3a4c5d6e7f',
  action: 'b7e23ec2-9af0-5b1c-8f3d-7a6b5c4d3e2f',
  command: '0193f3a0-0000-7000-8000-000000000001',
  request: 'c8f34fd3-0b01-5c2d-9a4e-8b7c6d5e4f30',
} as const;

export const exampleAction: ExactAction = {
  v: 1,
  tenant: 'default',
  actionId: exampleIds.action,
  runId: exampleIds.run,
  agent: { name: 'market-news', version: '1.0.0', digest: exampleDigest },
  tool: 'http',
  operation: 'request',
  toolVersion: 1,
  toolSchema: exampleDigest,
  target: 'POST https://api.example.com/orders',
  params: { method: 'POST', url: 'https://api.example.com/orders', body: { hedge: true } },
  effect: 'irreversible',
};
