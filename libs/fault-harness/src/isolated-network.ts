// SPDX-License-Identifier: Apache-2.0
// Each process gets a network namespace of its own with two virtual cables to this machine: the wire, which can be cut,
// and a side line, which stays, for what must go on (being asked for health, reaching a test's own servers). All ends of
// one kind on this machine share one address, so that a server listens once for all of them.
// A cut is silent, as a broken network is: both sides address the other's packets to an interface that does not exist.
// Nothing is reset, no route goes away, and packets on their way are gone.
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Disturbance } from './disturbance.js';
import { FaultError } from './errors.js';
import { atExit } from './last-resort.js';
import { preload } from './preload.js';
import { missingCommand, systemCommand, systemCommandNow } from './system-command.js';

/** Private (RFC 1918): programs that are kept from foreign addresses can be allowed to reach these. */
const range = '10.218';
const nowhere = '02:00:00:00:00:01';
const prefix = 'fault-';

/** One end of the network: a namespace with a process in it. */
export interface Island {
  readonly name: string;
  /** Name of its network namespace. */
  readonly namespace: string;
  /** Its own addresses. */
  readonly wireAddress: string;
  readonly sideAddress: string;
  /** What stands before a command that is to run in it. */
  readonly command: readonly string[];
  /** Environment variables that make a Node process run in it. */
  readonly environment: Readonly<Record<'NODE_OPTIONS' | 'FAULT_NAMESPACE', string>>;
}

export class IsolatedNetwork {
  private constructor(
    /** Addresses of this machine that every island reaches: the first over the wire that is cut, the other always. */
    readonly here: { readonly wire: string; readonly side: string },
    private readonly islands: ReadonlyMap<string, Island & { readonly number: number }>,
    private readonly forget: () => void,
  ) {}

  /** Why there can be none on this machine, found out by trying. */
  static async unmet(): Promise<string | undefined> {
    if (process.platform !== 'linux') return `network namespaces need Linux (this is ${process.platform})`;
    const missing = await missingCommand('ip', ['-V'], 'Debian, Ubuntu: apt-get install iproute2');
    if (missing !== undefined) return missing;
    const probe = `${prefix}${process.pid}-probe`;
    try {
      await systemCommand('ip', 'netns', 'add', probe);
      await systemCommand('ip', 'link', 'add', linkName('w', 0), 'type', 'veth', 'peer', 'name', 'wire', 'netns', probe);
      return undefined;
    } catch (error) {
      return `network namespaces must be made, which needs root and the capabilities CAP_SYS_ADMIN and CAP_NET_ADMIN (${error instanceof Error ? error.message : String(error)})`;
    } finally {
      systemCommandNow('ip', 'netns', 'del', probe);
    }
  }

  /** Makes one island for each name; removes first what harnesses that were killed have left. */
  static async create(names: readonly string[]): Promise<IsolatedNetwork> {
    await removeLeftovers();
    const subnet = freeSubnet();
    const here = { wire: `${range}.${subnet}.1`, side: `${range}.${subnet + 1}.1` };
    const islands = new Map(names.map((name, n) => [name, { ...islandOf(name, subnet, n), number: n }]));
    const removeAll = (): void => {
      for (const { namespace } of islands.values()) systemCommandNow('ip', 'netns', 'del', namespace);
    };
    const forget = atExit(removeAll);
    try {
      for (const island of islands.values()) await build(island, island.number, here);
    } catch (error) {
      removeAll();
      forget();
      throw error;
    }
    return new IsolatedNetwork(here, islands, forget);
  }

  island(name: string): Island {
    return this.find(name);
  }

  /** From now on nothing passes over the wire of this island, in either direction. */
  async cut(name: string): Promise<void> {
    const { namespace, number, wireAddress } = this.find(name);
    await systemCommand('ip', 'neigh', 'replace', wireAddress, 'lladdr', nowhere, 'dev', linkName('w', number), 'nud', 'permanent');
    await systemCommand('ip', '-n', namespace, 'neigh', 'replace', this.here.wire, 'lladdr', nowhere, 'dev', 'wire', 'nud', 'permanent');
  }

  /** Everything passes again. */
  async heal(name: string): Promise<void> {
    const { namespace, number, wireAddress } = this.find(name);
    const mine = readFileSync(`/sys/class/net/${linkName('w', number)}/address`, 'utf8').trim();
    const theirs = (await systemCommand('ip', 'netns', 'exec', namespace, 'cat', '/sys/class/net/wire/address')).trim();
    await systemCommand('ip', 'neigh', 'replace', wireAddress, 'lladdr', theirs, 'dev', linkName('w', number), 'nud', 'permanent');
    await systemCommand('ip', '-n', namespace, 'neigh', 'replace', this.here.wire, 'lladdr', mine, 'dev', 'wire', 'nud', 'permanent');
  }

  /** Removes namespaces and cables. The processes in them must have ended. */
  async close(): Promise<void> {
    for (const { namespace } of this.islands.values()) await systemCommand('ip', 'netns', 'del', namespace);
    this.forget();
  }

  private find(name: string): Island & { readonly number: number } {
    const island = this.islands.get(name);
    if (!island) throw new FaultError('not_running', `there is no island "${name}": expected one of ${[...this.islands.keys()].join(', ')}`);
    return island;
  }
}

/** Cuts the wire of an island for a while. @param seconds how long it is meant to last, for its name */
export function partitioned(network: IsolatedNetwork, name: string, seconds: number, hold: NonNullable<Disturbance['hold']>): Disturbance {
  return { name: `partition of ${name} for ${seconds} s`, begin: () => network.cut(name), hold, end: () => network.heal(name) };
}

function islandOf(name: string, subnet: number, n: number): Island {
  const namespace = `${prefix}${process.pid}-${name}`;
  return {
    name, namespace, wireAddress: `${range}.${subnet}.${n + 2}`, sideAddress: `${range}.${subnet + 1}.${n + 2}`,
    command: ['ip', 'netns', 'exec', namespace],
    environment: { NODE_OPTIONS: `--disable-warning=ExperimentalWarning ${preload('enter-namespace')}`, FAULT_NAMESPACE: namespace },
  };
}

async function build({ namespace, wireAddress, sideAddress }: Island, n: number, here: IsolatedNetwork['here']): Promise<void> {
  await systemCommand('ip', 'netns', 'add', namespace);
  await systemCommand('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
  for (const [kind, inside, mine, theirs] of [['w', 'wire', here.wire, wireAddress], ['s', 'side', here.side, sideAddress]] as const) {
    const link = linkName(kind, n);
    await systemCommand('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', inside, 'netns', namespace);
    await systemCommand('ip', 'addr', 'add', mine, 'peer', theirs, 'dev', link);
    await systemCommand('ip', 'link', 'set', link, 'up');
    await systemCommand('ip', '-n', namespace, 'addr', 'add', theirs, 'peer', mine, 'dev', inside);
    await systemCommand('ip', '-n', namespace, 'link', 'set', inside, 'up');
  }
}

/** Names of interfaces are 15 characters at most and, unlike addresses in a namespace, shared by the whole machine. */
const linkName = (kind: 'w' | 's', n: number): string => `flt${process.pid.toString(36)}${kind}${n}`;

/** An even third byte of which neither it nor the next is in use on this machine. */
function freeSubnet(): number {
  const used = new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address.split('.').slice(0, 3).join('.'))));
  for (let subnet = 0; subnet < 256; subnet += 2) if (!used.has(`${range}.${subnet}`) && !used.has(`${range}.${subnet + 1}`)) return subnet;
  throw new FaultError('precondition_unmet', `every network in ${range}.0.0/16 is in use: remove namespaces that nobody needs (ip netns list)`);
}

async function removeLeftovers(): Promise<void> {
  const names = (await systemCommand('ip', 'netns', 'list')).split('\n').map((line) => line.split(' ')[0] ?? '');
  for (const name of names) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) systemCommandNow('ip', 'netns', 'del', name);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
