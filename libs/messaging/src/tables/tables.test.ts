// SPDX-License-Identifier: Apache-2.0
import { PulseBeaten, RevocationIssued, type ServiceName, StopChanged, WorkloadChanged, rootId } from '@nervus/contracts';
import { RecordVerifier, type TrustBundle, WorkloadDirectory, WorkloadKey, issueRootProof } from '@nervus/trust';
import { describe, expect, it } from 'vitest';
import type { UntrustedRecordError } from '../errors.js';
import { eventOf } from '../event-factory.js';
import type { InboundRecord, KafkaClient } from '../port.js';
import type { Publisher } from '../publisher/publisher.js';
import { settled } from '../testing/index.js';
import { SigningWorld, prefix, spiffeIdOf } from '../testing/signing-world.js';
import { serviceReader, Tables, type TablesOptions } from './tables.js';
import { VersionedTable } from './versioned-table.js';

const hour = 3_600_000;
const stop = StopChanged.examples.at(0)!;

/** An installation with a root, identity's key under it, and tables of the action service that know neither yet. */
class TableWorld extends SigningWorld {
  readonly root = WorkloadKey.generate();
  readonly bundle: TrustBundle = { trustDomain: 'nervus.local', rootKeys: [this.root.publicJwk], enrolmentKey: WorkloadKey.generate().publicJwk, version: 1 };
  readonly read = new WorkloadDirectory();
  readonly refused: { readonly record: InboundRecord; readonly code: string }[] = [];
  readonly identityKey = this.key('identity');
  readonly identity: Publisher = this.publisher('identity', { currentKey: () => this.identityKey });

  tables(options: Partial<TablesOptions> = {}): Tables {
    return new Tables({
      client: this.broker.client(), reader: serviceReader('action', prefix, rootId(this.clock.now())), topicPrefix: prefix, clock: this.clock, bundle: this.bundle, directory: this.read,
      verifier: new RecordVerifier({ directory: this.read, topicPrefix: prefix, subscribes: () => true }),
      quarantine: { report: async (record: InboundRecord, error: UntrustedRecordError) => void this.refused.push({ record, code: error.code }) }, onFatal: (error) => this.fatal.push(error), ...options,
    });
  }

  /** Writes the entry of a key, as identity does. */
  async introduce(service: ServiceName, signer: { kid: string; publicJwk: WorkloadKey['publicJwk'] }, proof = service === 'identity'): Promise<void> {
    const entry = {
      kid: signer.kid, spiffeId: spiffeIdOf(service), service, jwk: signer.publicJwk, notBefore: this.at(-1000), notAfter: this.at(hour), attestation: { kind: 'test', rule: 'test', subject: service }, version: 1,
    };
    const data = proof ? { ...entry, rootProof: issueRootProof(entry, this.root) } : entry;
    await this.identity.publish([eventOf(WorkloadChanged, { key: signer.kid, id: `w-${signer.kid}`, data }, this.clock)]);
  }

  async approval(key = this.key('approval')) {
    const publisher = this.publisher('approval', { currentKey: () => key });
    let n = 0;
    return {
      key,
      stop: (id: string, version: number, tombstone = false) =>
        publisher.publish([eventOf(StopChanged, { key: id, tenant: 'default', id: `stop-${id}-${n++}`, data: tombstone ? null : { ...stop, version }, extensions: { stop: '1:active:all' } }, this.clock)]),
      pulse: (epoch: number) => publisher.publish([eventOf(PulseBeaten, { key: 'pulse', id: `pulse-${n++}`, data: { ...PulseBeaten.examples.at(0)!, epoch } }, this.clock)]),
    };
  }

  private at(ms: number): string {
    return new Date(this.clock.now() + ms).toISOString();
  }
}

const isLoaded = async (tables: Tables): Promise<boolean> => {
  let loaded = false;
  void tables.loaded.then(() => (loaded = true));
  await settled();
  return loaded;
};

describe('loading', () => {
  it('a view has seen all of its table before the process counts as loaded, in order', async () => {
    const world = new TableWorld();
    const approval = await world.approval();
    await world.introduce('identity', world.identityKey.signer);
    await world.introduce('approval', approval.key.signer);
    for (const version of [1, 2, 3]) await approval.stop('a', version);
    const tables = world.tables();
    const versions: number[] = [];
    tables.on(StopChanged, (event) => void versions.push(event.data.version));
    await tables.start();
    await tables.loaded;
    expect(versions).toEqual([1, 2, 3]);
    expect(world.refused).toEqual([]);
  });

  it('empty tables are loaded at once', async () => {
    const tables = new TableWorld().tables();
    await tables.start();
    expect(await isLoaded(tables)).toBe(true);
  });

  it('stops that stand before the keys that signed them are believed all the same', async () => {
    const world = new TableWorld();
    const approval = await world.approval();
    await approval.stop('a', 1);
    await world.introduce('approval', approval.key.signer);
    await world.introduce('identity', world.identityKey.signer);
    const tables = world.tables();
    const seen: string[] = [];
    tables.on(StopChanged, (event) => void seen.push(event.key));
    await tables.start();
    await tables.loaded;
    expect(seen).toEqual(['default/a']);
    expect(world.refused).toEqual([]);
  });

  it('a stop signed by a key that was revoked before is not shown, though its key stands in the table', async () => {
    const world = new TableWorld();
    const approval = await world.approval();
    await world.introduce('identity', world.identityKey.signer);
    await world.introduce('approval', approval.key.signer);
    const revocation = { ...RevocationIssued.examples.at(0)!, subject: `workload:${approval.key.signer.kid}`, at: new Date(world.clock.now() - 1).toISOString() };
    await approval.stop('a', 1);
    await world.identity.publish([eventOf(RevocationIssued, { key: revocation.subject, id: 'r', data: revocation }, world.clock)]);
    const tables = world.tables();
    const seen: string[] = [];
    tables.on(StopChanged, (event) => void seen.push(event.key));
    await tables.start();
    await tables.loaded;
    expect(seen).toEqual([]);
    expect(world.refused.map(({ code }) => code)).toEqual(['key_revoked']);
  });

  it('an entry of identity without a proof by the root opens nothing', async () => {
    const world = new TableWorld();
    await world.introduce('identity', world.identityKey.signer, false);
    const tables = world.tables();
    await tables.start();
    await tables.loaded;
    expect(world.read.size).toBe(0);
    expect(world.refused.map(({ code }) => code)).toEqual(['root_proof_invalid']);
  });

  it('an entry whose signer no one vouches for is kept a while and then reported, and holds up nothing', async () => {
    const world = new TableWorld();
    await world.introduce('approval', world.key('approval').signer);
    const tables = world.tables();
    await tables.start();
    expect(await isLoaded(tables)).toBe(true);
    expect(world.refused).toEqual([]);
    await world.clock.advance(31_000);
    expect(world.refused.map(({ code }) => code)).toEqual(['unknown_key']);
    await world.clock.advance(100_000);
    expect(world.clock.pending).toBe(0);
  });

  it('a table whose newest records were compacted away is read when nothing comes any more', async () => {
    const world = new TableWorld();
    const tables = world.tables({ client: compactedTail(world) });
    await tables.start();
    expect(await isLoaded(tables)).toBe(false);
    await world.clock.advance(9000);
    expect(await isLoaded(tables)).toBe(false);
    await world.clock.advance(40_000);
    expect(await isLoaded(tables)).toBe(true);
  });

  it('does not count as loaded because the broker is away and so nothing comes', async () => {
    const world = new TableWorld();
    const tables = world.tables({ client: compactedTail(world) });
    await tables.start();
    world.broker.stop();
    await world.clock.advance(120_000);
    expect(await isLoaded(tables)).toBe(false);
    world.broker.start();
    await world.clock.advance(60_000);
    expect(await isLoaded(tables)).toBe(true);
  });
});

/** A broker whose topics end behind their last record, as after the removal of tombstones. */
function compactedTail(world: TableWorld): KafkaClient {
  const client = world.broker.client();
  return {
    ...client,
    admin: async () => {
      const admin = await client.admin();
      return { ...admin, endOffsets: async (topic) => (await admin.endOffsets(topic)).map((end) => ({ ...end, high: end.high + 3n })) };
    },
  };
}

describe('live', () => {
  async function loaded(world: TableWorld, views: (tables: Tables) => void) {
    const approval = await world.approval();
    await world.introduce('identity', world.identityKey.signer);
    await world.introduce('approval', approval.key.signer);
    const tables = world.tables();
    views(tables);
    await tables.start();
    await tables.loaded;
    return { approval, tables };
  }

  it('changes and tombstones reach the view, older versions change nothing', async () => {
    const world = new TableWorld();
    const table = new VersionedTable<string, number>();
    const { approval } = await loaded(world, (tables) => tables.on(StopChanged, (event) => void table.set(event.key, event.data.version, event.data.version), (event) => void table.delete(event.key)));
    for (const version of [2, 1, 3]) await approval.stop('a', version);
    await approval.stop('b', 1);
    await settled();
    expect(table.get('default/a')).toBe(3);
    await approval.stop('b', 1, true);
    await settled();
    expect([...table.entries()]).toEqual([['default/a', 3]]);
  });

  it('a broadcast is shown from now on, not from the past', async () => {
    const world = new TableWorld();
    const past = await world.approval();
    await past.pulse(1);
    const epochs: number[] = [];
    const { approval } = await loaded(world, (tables) => tables.on(PulseBeaten, (event) => void epochs.push(event.data.epoch)));
    await approval.pulse(2);
    await settled();
    expect(epochs).toEqual([2]);
  });

  it('a stop of a process that enrolled a moment ago waits for its key and is shown', async () => {
    const world = new TableWorld();
    const seen: string[] = [];
    await loaded(world, (tables) => tables.on(StopChanged, (event) => void seen.push(event.key)));
    const newcomer = await world.approval();
    await world.introduce('approval', newcomer.key.signer);
    await newcomer.stop('b', 1);
    await settled();
    expect(seen).toEqual(['default/b']);
    expect(world.refused).toEqual([]);
  });

  it('kids are told as they become known', async () => {
    const world = new TableWorld();
    const kids: string[] = [];
    const { tables, approval } = await loaded(world, (tables) => tables.onWorkload((kid) => kids.push(kid)));
    expect(new Set(kids)).toEqual(new Set([world.identityKey.signer.kid, approval.key.signer.kid]));
    const key = world.key('reasoning');
    await world.introduce('reasoning', key.signer);
    await settled();
    expect(kids.at(-1)).toBe(key.signer.kid);
    await tables.close({ drainMs: 1000 });
  });

  it('a view that throws ends the process: what it missed would be decided wrongly', async () => {
    const world = new TableWorld();
    const { approval } = await loaded(world, (tables) => tables.on(StopChanged, () => { throw new Error('a bug in the view'); }));
    await approval.stop('a', 1);
    await settled();
    expect(world.fatal.map(String)).toEqual([expect.stringContaining('a bug in the view')]);
  });

  it('catching up is over only when the keys were read to their end of the call, and questions are shared', async () => {
    const world = new TableWorld();
    const client = world.broker.client();
    let asked = 0;
    const counting = { ...client, admin: async () => {
      const admin = await client.admin();
      return { ...admin, endOffsets: (topic: string) => { asked++; return admin.endOffsets(topic); } };
    } };
    const tables = world.tables({ client: counting });
    await tables.start();
    await tables.loaded;
    asked = 0;
    await Promise.all(Array.from({ length: 100 }, () => tables.catchUp()));
    expect(asked).toBe(2);
  });

  it('closing removes the group and ends in time, and nothing is ever committed', async () => {
    const world = new TableWorld();
    const { tables, approval } = await loaded(world, (tables) => tables.on(StopChanged, () => undefined));
    await approval.stop('a', 1);
    await world.clock.advance(1000);
    const group = world.broker.groupIds().find((id) => id.startsWith(`${prefix}action.table.`));
    expect(group).toBeDefined();
    expect(world.broker.group(group!).committed.size).toBe(0);
    await tables.close({ drainMs: 1000 });
    expect(world.broker.groupIds()).not.toContain(group);
  });
});

describe('views', () => {
  it('a view of a topic that the service does not read as a table is refused', () => {
    const tables = new TableWorld().tables({ reader: serviceReader('ingestion', prefix, rootId(0)) });
    expect(() => tables.on(StopChanged, () => undefined)).toThrow(/ingestion does not read nervus\.approval\.stops\.v1/);
  });

  it('a view that would miss the beginning is refused', async () => {
    const tables = new TableWorld().tables();
    await tables.start();
    expect(() => tables.on(StopChanged, () => undefined)).toThrow(/after the start/);
  });
});

describe('versioned table', () => {
  it('tells its listeners of what changed and of nothing else', () => {
    const table = new VersionedTable<string, string>();
    const told: [string, string | undefined][] = [];
    const end = table.onChange((key, value) => told.push([key, value]));
    table.set('a', 2, 'new');
    table.set('a', 1, 'old');
    table.set('a', 2, 'same');
    table.delete('a');
    table.delete('a');
    end();
    table.set('a', 1, 'unheard');
    expect(told).toEqual([['a', 'new'], ['a', undefined]]);
  });
});
