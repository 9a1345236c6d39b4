// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// Tests run from sources: the workspace's own export condition stands before the built files.
const conditions = ['nervus-source', 'module', 'node', 'development|production'];

export default defineConfig({
  // Nest needs the metadata that legacy decorators emit; test files stand outside the packages' own tsconfig.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    retry: 0,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{libs,apps}/*/src/**/*.test.ts', 'apps/console/*/src/**/*.test.ts', 'scripts/src/**/*.test.ts', 'e2e/src/**/*.test.ts'], testTimeout: 10_000 },
      },
      {
        extends: true,
        test: {
          name: 'infrastructure',
          include: ['{libs,apps}/*/test/**/*.test.ts', 'apps/console/*/test/**/*.test.ts', 'e2e/test/**/*.test.ts'],
          globalSetup: ['libs/testing/src/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
