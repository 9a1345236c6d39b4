// SPDX-License-Identifier: Apache-2.0
import type { ServerName } from './options.js';

/** A server that this launcher starts and ends: a process or a container. It knows nothing of readiness. */
export interface LocalServer {
  readonly name: ServerName;
  /** Of the running process; undefined for a container and while nothing runs. */
  readonly pid: number | undefined;
  /** Where its log is, for people. */
  readonly logPlace: string;
  /** Starts it; what it needs is made on first use. Resolves when it runs, which is long before it is ready. */
  launch(signal: AbortSignal): Promise<void>;
  /** Resolves with how it ended (`exit code 1`, `SIGKILL`) once it is gone. */
  gone(): Promise<string>;
  /** Ends it, by force after the grace (milliseconds), and resolves when it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL', graceMs: number): Promise<void>;
  /** The end of what it wrote since it was launched. */
  log(): Promise<string>;
  /** After the last `end`: leaves nothing but data and logs. */
  remove(): Promise<void>;
}
