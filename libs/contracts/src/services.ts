// SPDX-License-Identifier: Apache-2.0

/** The services of the mesh, in the order in which the launcher starts them. */
export const services = ['identity', 'audit', 'approval', 'action', 'reasoning', 'ingestion', 'console'] as const;

/** One of the seven services; also the middle part of every topic name that it owns. */
export type ServiceName = (typeof services)[number];
