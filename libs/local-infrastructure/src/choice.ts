// SPDX-License-Identifier: Apache-2.0
import { InfrastructureError, messageOf } from './errors.js';
import type { InfrastructureMode } from './options.js';

export type LocalKind = 'docker' | 'java';

export interface Choice {
  readonly mode: InfrastructureMode;
  /** Addresses that the caller gave. */
  readonly given: { readonly broker: boolean; readonly database: boolean };
  /** How this data folder was used before; its data would be out of sight for the other kind. */
  readonly previous?: LocalKind | undefined;
  /** What only Java can start, in words, such as `three brokers`. */
  readonly onlyJava?: string | undefined;
}

/** Each resolves when servers can be started in this way, and rejects with what is missing. */
export type Probes = Readonly<Record<LocalKind, () => Promise<void>>>;

/**
 * How to come by what was not given as an address: Docker, else Java, but first of all what the data folder was used with.
 * @throws InfrastructureError `external_incomplete`, `nothing_to_start_with`, `profile_unsupported`, or what is missing for the mode that was asked for
 */
export async function chooseKind({ mode, given, previous, onlyJava }: Choice, probes: Probes, log: (line: string) => void): Promise<'external' | LocalKind> {
  if (onlyJava !== undefined) return chooseJava(onlyJava, mode, given, probes);
  if (given.broker && given.database) return 'external';
  if (mode === 'external') {
    const missing = [...(given.broker ? [] : ['KAFKA_BROKERS']), ...(given.database ? [] : ['MONGODB_URI'])];
    throw new InfrastructureError('external_incomplete', `External infrastructure was asked for, but ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set. Set ${missing.length > 1 ? 'them' : 'it'}, or leave NERVUS_INFRA away`, { missing });
  }
  if (mode !== 'auto') {
    await probes[mode]().catch((error: unknown) => {
      throw asked(mode, error);
    });
    return mode;
  }
  const order: readonly LocalKind[] = previous === 'java' ? ['java', 'docker'] : ['docker', 'java'];
  const refusals = new Map<LocalKind, unknown>();
  for (const kind of order) {
    try {
      await probes[kind]();
      const before = previous && previous !== kind ? refusals.get(previous) : undefined;
      if (before !== undefined) log(`This data folder was used with ${previous}, which is not available (${messageOf(before)}): starting with ${kind}, whose data is separate`);
      return kind;
    } catch (error) {
      if (error instanceof InfrastructureError && error.code === 'aborted') throw error;
      refusals.set(kind, error);
    }
  }
  throw nothing(messageOf(refusals.get('docker')), messageOf(refusals.get('java')));
}

async function chooseJava(what: string, mode: InfrastructureMode, given: Choice['given'], probes: Probes): Promise<'java'> {
  if (given.broker) throw new InfrastructureError('profile_unsupported', `KAFKA_BROKERS names a Kafka that runs already, but the start of ${what} was asked for: leave one of the two away`);
  if (mode !== 'auto' && mode !== 'java') throw new InfrastructureError('profile_unsupported', `NERVUS_INFRA is ${mode}, but ${what} can only be started with Java: set it to java, or start a single plain broker`, { mode });
  await probes.java().catch((error: unknown) => {
    throw error instanceof InfrastructureError && error.code !== 'aborted' ? new InfrastructureError(error.code, `${error.message}. Docker is no way out here: ${what} can only be started with Java`, error.details) : error;
  });
  return 'java';
}

function asked(kind: LocalKind, error: unknown): unknown {
  if (kind !== 'docker' || !(error instanceof InfrastructureError) || !error.code.startsWith('docker_')) return error;
  return new InfrastructureError(error.code, `Docker was asked for, but ${error.message}. Start it or get the images, or set NERVUS_INFRA=java`, error.details);
}

function nothing(docker: string, java: string): InfrastructureError {
  return new InfrastructureError(
    'nothing_to_start_with',
    [
      'There is no broker and no database, and nothing to start them with. Do one of these:',
      `  - install a JDK (17 or newer) and Maven. Now: ${java}`,
      `  - start Docker where apache/kafka and mongo are there or can be pulled. Now: ${docker}`,
      '  - name running ones: KAFKA_BROKERS=host:port and MONGODB_URI=mongodb://host:port',
    ].join('\n'),
    { docker, java },
  );
}
