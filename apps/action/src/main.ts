// SPDX-License-Identifier: Apache-2.0
import { runService } from '@nervus/service-kit';
import { actionService } from './action.service.js';

await runService(actionService);
