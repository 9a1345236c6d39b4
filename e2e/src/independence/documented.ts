// SPDX-License-Identifier: Apache-2.0
// The documented table as data: docs/independence.md is written from it, and `npm run test:independence` compares it with
// what a mesh does.
import type { ServiceName } from '@nervus/contracts';
import type { Aspect, Word } from './aspects.js';

export interface Documented {
  readonly is: Word;
  readonly because: string;
  /** For what queues or holds: seconds into the absence between which the last one is done. */
  readonly afterSeconds?: readonly [least: number, most: number];
}

export interface DocumentedService {
  /** What it means for people, in a sentence or two. */
  readonly summary: string;
  readonly rows: Readonly<Partial<Record<Aspect, Documented>>>;
}

/** What is on its way when a service goes may still be done within so many seconds, on a busy machine too. */
const atOnce = [0, 20] as const;

const goesOn: Documented = { is: 'continues', because: 'needs nothing of it' };
const others: Pick<DocumentedService['rows'], 'heartbeats' | 'readiness'> = {
  heartbeats: { is: 'continues', because: 'each service beats by itself' },
  readiness: { is: 'continues', because: 'nobody is unready because another service is away' },
};
const doors: Pick<DocumentedService['rows'], 'console' | 'keys' | 'proofs'> = { console: goesOn, keys: goesOn, proofs: goesOn };
const queues = (because: string): Documented => ({ is: 'queues', because, afterSeconds: atOnce });
const closed: Documented = { is: 'away', because: 'it is the door of this service' };

export const documented: Readonly<Record<ServiceName, DocumentedService>> = {
  ingestion: {
    summary: 'Nothing new comes in. What was acknowledged before goes all the way; senders get no answer, and what they send again is accepted once.',
    rows: {
      events: queues('senders keep what was not acknowledged and send it again under the same id'),
      intelligence: { is: 'continues', because: 'for what was acknowledged before' },
      decisions: { is: 'continues', because: 'for what was acknowledged before' },
      credentials: { is: 'continues', because: 'for what was acknowledged before' },
      routine: { is: 'continues', because: 'for what was acknowledged before' },
      consequential: { is: 'continues', because: 'for what was acknowledged before' },
      commands: goesOn, log: goesOn, ...others, ...doors,
    },
  },
  reasoning: {
    summary: 'Events are accepted and wait in Kafka. Nobody thinks, so nothing new is proposed, decided or done.',
    rows: {
      events: goesOn,
      intelligence: queues('signals wait in Kafka'),
      decisions: queues('nothing is proposed'), credentials: queues('nothing is proposed'), routine: queues('nothing is proposed'), consequential: queues('nothing is proposed'),
      commands: goesOn, log: goesOn, ...others, ...doors,
    },
  },
  approval: {
    summary: 'Nothing new is permitted. Permits given before are used only as long as the view of stops is fresh: those of tier 2 and 3 are held some seconds after the last pulse, those of tier 1 after a minute.',
    rows: {
      events: goesOn, intelligence: goesOn,
      decisions: queues('proposals wait in Kafka'),
      credentials: queues('there is no new permit'), routine: queues('there is no new permit'), consequential: queues('there is no new permit'),
      permitsInHand: { is: 'holds', because: 'a stop might have been thrown meanwhile: the last pulse is older than `NERVUS_STALE_AFTER_SECONDS` (15 in a local mesh, 5 otherwise)', afterSeconds: [8, 40] },
      commands: queues('the console records what a person orders and answers that it is pending'),
      log: goesOn, ...others, ...doors,
    },
  },
  action: {
    summary: 'Thinking and deciding go on, nothing is done. Permits that expire meanwhile are ruled on again; only what people had approved expires for good.',
    rows: {
      events: goesOn, intelligence: goesOn, decisions: goesOn,
      credentials: queues('only action asks for them'),
      routine: queues('only action has effects'), consequential: queues('only action has effects'),
      commands: goesOn, log: goesOn, ...others, ...doors,
    },
  },
  identity: {
    summary: 'Who has a key goes on. What needs a credential of its own waits, and no new process can start. Keys live an hour: after that the others stop publishing until identity is back.',
    rows: {
      events: goesOn, intelligence: goesOn, decisions: goesOn,
      credentials: queues('only identity mints them'),
      routine: { is: 'continues', because: 'needs no credential' },
      consequential: queues('each needs a credential'),
      commands: goesOn, log: goesOn, ...others, ...doors, keys: closed,
    },
  },
  audit: {
    summary: 'No consequential action begins, since nobody promises that its intent is on record. Everything else goes on and enters the log later.',
    rows: {
      events: goesOn, intelligence: goesOn, decisions: goesOn,
      credentials: queues('asked for when the receipt is there'),
      routine: { is: 'continues', because: 'enters the log afterwards' },
      consequential: queues('the intent gets no receipt'),
      commands: goesOn,
      log: queues('records wait in Kafka'),
      ...others, ...doors, proofs: closed,
    },
  },
  console: {
    summary: 'People have no face to look at and no way to say something; nothing else notices.',
    rows: {
      events: goesOn, intelligence: goesOn, decisions: goesOn, credentials: goesOn, routine: goesOn, consequential: goesOn,
      commands: queues('a person says it again when the console is back'),
      log: goesOn, ...others, ...doors, console: closed,
    },
  },
};
