// SPDX-License-Identifier: Apache-2.0
import { runService } from '@nervus/service-kit';
import { identityService } from './identity.service.js';

await runService(identityService);
