// SPDX-License-Identifier: Apache-2.0
import { EpochRegistry, MongoAggregateStore, OutboxRelay } from '@nervus/messaging-mongo';
