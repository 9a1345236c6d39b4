// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** `$XDG_CACHE_HOME/nervus`, else `~/.cache/nervus`. The XDG base directory specification says to ignore a relative one. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv, home = homedir()): string {
  const xdg = environment['XDG_CACHE_HOME'];
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.cache'), 'nervus');
}
