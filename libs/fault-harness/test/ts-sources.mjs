// SPDX-License-Identifier: Apache-2.0
// Lets a plain Node process import our sources: they name the compiled file, which may not be there yet.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!specifier.startsWith('.') || !specifier.endsWith('.js')) throw error;
      return next(`${specifier.slice(0, -'.js'.length)}.ts`, context);
    }
  },
});
