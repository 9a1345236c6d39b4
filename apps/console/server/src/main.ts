// SPDX-License-Identifier: Apache-2.0
import { runService } from '@nervus/service-kit';
import { consoleService } from './console.service.js';

await runService(consoleService);
