// SPDX-License-Identifier: Apache-2.0

/** Said in each generated file. */
export const generatedNote = 'Generated from libs/contracts by `npm run generate`; change the declarations, not this file.';
