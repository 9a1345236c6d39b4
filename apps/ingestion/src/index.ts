// SPDX-License-Identifier: Apache-2.0
export { IngestionConfig } from './config.js';
