// SPDX-License-Identifier: Apache-2.0
import type { AggregateStore, CollectionDeclaration } from '@nervus/messaging';

/** The collections of a service's own database. Each is declared once, while the module is built. */
export abstract class Stores {
  abstract collection<S extends object>(declaration: CollectionDeclaration<S>): AggregateStore<S>;
}
