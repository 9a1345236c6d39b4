// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A static file of the pages, read once at start. */
export interface Asset {
  readonly content: Buffer;
  readonly contentType: string;
  /** Part of its URL: another content is another URL, so that it may be cached for ever. */
  readonly version: string;
}

const types = { 'app.css': 'text/css; charset=utf-8', 'app.js': 'text/javascript; charset=utf-8', 'icon.svg': 'image/svg+xml' } as const;
export type AssetName = keyof typeof types;

const load = (name: AssetName): Asset => {
  const content = readFileSync(fileURLToPath(new URL(`../../../public/${name}`, import.meta.url)));
  return { content, contentType: types[name], version: createHash('sha256').update(content).digest('base64url').slice(0, 16) };
};

export const assets: Readonly<Record<AssetName, Asset>> = { 'app.css': load('app.css'), 'app.js': load('app.js'), 'icon.svg': load('icon.svg') };

export const isAsset = (name: string): name is AssetName => Object.hasOwn(assets, name);

export const assetUrl = (name: AssetName): string => `/assets/${name}?v=${assets[name].version}`;
