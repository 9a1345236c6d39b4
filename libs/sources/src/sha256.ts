// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';

/** base64url SHA-256. */
export const sha256 = (bytes: Buffer | string): string => hash('sha256', bytes, 'base64url');
