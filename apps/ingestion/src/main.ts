// SPDX-License-Identifier: Apache-2.0
import { runService } from '@nervus/service-kit';
import { ingestionService } from './ingestion.service.js';

await runService(ingestionService);
