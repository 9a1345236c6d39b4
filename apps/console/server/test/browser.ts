// SPDX-License-Identifier: Apache-2.0
import chromiumBinary from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Headless Chromium: the one that CHROMIUM_PATH names, else the one that comes as a package. Its security stays on. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] || (await chromiumBinary.executablePath()), args: ['--no-sandbox', '--no-zygote', '--disable-gpu'] });
}
