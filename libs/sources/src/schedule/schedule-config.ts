// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const ScheduleConfig = Type.Object({
  cron: Type.String({ minLength: 9, maxLength: 200, description: 'minute hour day month weekday, with seconds before them where needed: `0 9 * * MON-FRI`' }),
  timeZone: Type.String({ minLength: 1, maxLength: 60, description: 'IANA name, such as Europe/Berlin' }),
  misfire: Type.Union([Type.Literal('skip'), Type.Literal('once'), Type.Literal('all')], { default: 'once', description: 'what becomes of ticks that nobody could fire in time: none, the newest, or each' }),
  maxCatchUp: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'ticks that `all` makes up for, at most; the newest' }),
  content: Type.Record(Type.String(), Type.Unknown(), { default: {}, description: 'content of each tick; `scheduledAt` is added' }),
}, { additionalProperties: false });
export type ScheduleConfig = Static<typeof ScheduleConfig>;
