// SPDX-License-Identifier: Apache-2.0
export { createPlatformaticClient, type PlatformaticClientOptions } from './client.js';
