// SPDX-License-Identifier: Apache-2.0
export { SignatureError } from './errors.js';
export type { SignatureErrorCode } from './errors.js';
export { headerLines } from './message.js';
export type { HeaderLines, Message, RequestMessage, ResponseMessage } from './message.js';
export type { SignatureAlgorithm } from './algorithms.js';
export type { FieldType } from './structured-fields.js';
export { checkContentDigest, contentDigest } from './content-digest.js';
export type { DigestAlgorithm } from './content-digest.js';
export { MemoryNonceStore } from './nonces.js';
export type { NonceStore } from './nonces.js';
export { sign } from './sign.js';
export type { SignatureHeaders, SigningKey, SigningOptions } from './sign.js';
export { verify } from './verify.js';
export type { VerificationKey, VerificationPolicy, VerifiedSignature } from './verify.js';
export { verifyRotation } from './rotation.js';
export type { RotationPolicy, VerifiedRotation } from './rotation.js';
