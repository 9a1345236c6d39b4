// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { defaultCacheFolder } from './cache-folder.js';

it.each([
  [{ XDG_CACHE_HOME: '/var/cache/ann' }, '/var/cache/ann/nervus'],
  [{}, '/home/ann/.cache/nervus'],
  [{ XDG_CACHE_HOME: '' }, '/home/ann/.cache/nervus'],
  [{ XDG_CACHE_HOME: 'relative' }, '/home/ann/.cache/nervus'],
])('keeps jars where the system keeps caches: %j', (environment, folder) => expect(defaultCacheFolder(environment, '/home/ann')).toBe(folder));
