// SPDX-License-Identifier: Apache-2.0
export { consoleService } from './console.service.js';
