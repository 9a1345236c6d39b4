// SPDX-License-Identifier: Apache-2.0
// R6: no effect begins after a stop that covers it took hold. A stop took hold when approval had seen it and permitted
// all the same, or when the very process that caused the effect had said in a heartbeat that it enforces it. Needs the
// values of outcomes, stops and heartbeats.
import { OutcomeRecorded, type OutcomeRecorded as Outcome, services, StopChanged, type StopChanged as Change, type StopScope } from '@nervus/contracts';
import { type Finding, found } from '../finding.js';
import { permitClaimsOf } from './permit-claims.js';
import type { RuleEntry } from './rule-entry.js';
import { clockSkewMs, startOf } from './validity.js';

interface Stop {
  readonly index: number;
  readonly tenant: string;
  readonly scope: StopScope;
  /** Stop epoch from which it is active. */
  readonly from: number;
  /** Stop epoch and instant from which it is lifted. */
  lifted: { readonly epoch: number; readonly at: number } | undefined;
}

interface Effect {
  readonly index: number;
  /** The process that caused it. */
  readonly process: string;
  readonly tenant: string;
  readonly agent: string;
  readonly tool: string;
  readonly startedAt: number;
  /** Stop epoch in its permit. */
  readonly seen: number;
}

/** From when on a process enforces which stop epoch. */
interface Hold {
  readonly epoch: number;
  readonly at: number;
}

const heartbeats = new Set(services.map((service) => `nervus.${service}.heartbeat-beaten.v1`));

export class Stops {
  private readonly stops = new Map<string, Stop>();
  private readonly effects: Effect[] = [];
  private readonly holds = new Map<string, Hold[]>();

  entry(entry: RuleEntry): void {
    if (typeof entry.data !== 'object' || entry.data === null) return;
    if (entry.type === StopChanged.type) this.changed(entry.index, entry.data as Change);
    else if (entry.type === OutcomeRecorded.type) this.effect(entry, entry.data as Outcome);
    else if (heartbeats.has(entry.type)) this.held(entry, entry.data as { stopEpoch: number; at: string });
  }

  /** Effects that a stop should have prevented, over all that was read: records of different topics come in any order. */
  findings(): Finding[] {
    const stops = [...this.stops.values()];
    return stops.length === 0 ? [] : this.effects.flatMap((effect) => stops.flatMap((stop) => this.judge(effect, stop)));
  }

  private judge(effect: Effect, stop: Stop): Finding[] {
    if (!covers(stop, effect) || (stop.lifted && effect.startedAt >= stop.lifted.at - clockSkewMs)) return [];
    const { index } = effect;
    if (effect.seen >= stop.from && !(stop.lifted && effect.seen >= stop.lifted.epoch)) return [found('R6', 'permitted_under_stop', [index, stop.index], `The effect was permitted although the stop of epoch ${stop.from} was known and covers it.`)];
    const hold = (this.holds.get(effect.process) ?? []).find(({ epoch }) => epoch >= stop.from);
    if (!hold || effect.startedAt <= hold.at) return [];
    return [found('R6', 'stopped', [index, stop.index], `The effect began after its process had said that it enforces the stop of epoch ${stop.from}.`)];
  }

  private changed(index: number, { stopId, tenant, scope, epoch, active, at }: Change): void {
    const id = `${tenant}/${stopId}`;
    const known = this.stops.get(id);
    if (active) {
      if (!known || epoch < known.from) this.stops.set(id, { index, tenant, scope, from: epoch, lifted: known?.lifted });
    } else if (known) {
      known.lifted = { epoch, at: Date.parse(at) };
    } else {
      // The lifting was read before the stop: remembered, with nothing stopped until the stop itself comes.
      this.stops.set(id, { index, tenant, scope, from: Infinity, lifted: { epoch, at: Date.parse(at) } });
    }
  }

  private effect(entry: RuleEntry, data: Outcome): void {
    const startedAt = startOf(entry);
    const claims = entry.extensions.permit === undefined ? undefined : permitClaimsOf(entry.extensions.permit);
    if (startedAt === undefined || !claims) return;
    const agent = claims.sub.slice(claims.sub.lastIndexOf('/') + 1);
    this.effects.push({ index: entry.index, process: processOf(entry), tenant: entry.tenant ?? '', agent, tool: `${data.tool}.${data.operation}`, startedAt, seen: claims.stp });
  }

  private held(entry: RuleEntry, { stopEpoch, at }: { stopEpoch: number; at: string }): void {
    const process = processOf(entry);
    const holds = this.holds.get(process) ?? [];
    const time = Date.parse(at);
    if (stopEpoch <= 0 || holds.some((hold) => hold.epoch >= stopEpoch && hold.at <= time)) return;
    this.holds.set(process, [...holds, { epoch: stopEpoch, at: time }].toSorted((a, b) => a.at - b.at));
  }
}

const processOf = ({ producer, epoch }: RuleEntry): string => `${producer} ${epoch}`;

function covers({ tenant, scope }: Stop, effect: Effect): boolean {
  if (tenant !== effect.tenant) return false;
  return scope.kind === 'all' || scope.name === (scope.kind === 'agent' ? effect.agent : effect.tool);
}
