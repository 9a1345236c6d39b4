// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const ConsoleConfig = Type.Object({
  seats: Type.String({ description: 'folder with seats.json: who may sit at this console, by one-time links and command-line tokens' }),
  origin: Type.String({
    default: '',
    pattern: '^(https?://[a-z0-9.-]+(:\\d+)?)?$',
    description: 'origin under which browsers reach the console, such as https://console.example; empty means http://localhost and http://127.0.0.1 at its own port. Links and command-line tokens work on loopback only, so not with an https origin',
  }),
});
export type ConsoleConfig = Static<typeof ConsoleConfig>;
