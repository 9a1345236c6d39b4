// SPDX-License-Identifier: Apache-2.0

/** What is watched while a service is away, each as a sentence for people. */
export const aspects = {
  events: 'Events are acknowledged to their senders',
  intelligence: 'Agents conclude things',
  decisions: 'Proposals are decided',
  credentials: 'Credentials are minted',
  routine: 'Routine actions (tier 1) have their effect',
  consequential: 'Consequential actions (tier 2) have their effect',
  permitsInHand: 'Consequential actions whose permit was given before have their effect',
  commands: 'What a person orders at the console is carried out and answered',
  log: 'Records enter the audit log',
  heartbeats: 'Every other service says that it lives',
  readiness: 'Every other service is ready',
  console: 'Pages and API of the console answer',
  keys: 'Public keys can be fetched from identity',
  proofs: 'Checkpoints can be fetched from audit',
} as const;

export type Aspect = keyof typeof aspects;
export const allAspects = Object.keys(aspects) as readonly Aspect[];

/** What becomes of something while a service is away. */
export const words = {
  continues: 'goes on as before',
  queues: 'is not done, and is done by itself when the service is back; nothing is lost',
  holds: 'goes on for a while, then queues',
  away: 'does not answer, and answers when the service is back',
} as const;

export type Word = keyof typeof words;
