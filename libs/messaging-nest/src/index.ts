// SPDX-License-Identifier: Apache-2.0
export { On, patternOf, UseCase } from './on.js';
export { RethrowFilter } from './rethrow-filter.js';
export { type Handler, NervusTransport, type TransportDriver } from './transport.js';
