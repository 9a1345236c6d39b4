// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { atPointer, type DataClass, type Effect, type OperationDescriptor, type RiskRow, type Tier } from '@nervus/contracts';

const Score = Type.Integer({ minimum: -100, maximum: 1000 });
const Bands = Type.Object(
  {
    bands: Type.Array(Type.Object({ upTo: Type.Integer({ minimum: 0 }), score: Score }, { additionalProperties: false }), { minItems: 1 }),
    above: Score,
  },
  { additionalProperties: false },
);
const TierValue = Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2), Type.Literal(3)]);

/** The risk table of a policy set: integers that are summed, and the bands of the sum that give the tier. */
export const RiskTable = Type.Object(
  {
    effect: Type.Object({ read: Score, write: Score, message: Score, irreversible: Score, money: Score, privilege: Score }, { additionalProperties: false }),
    amount: Bands,
    batch: Bands,
    destination: Type.Object({ listed: Score, unlisted: Score }, { additionalProperties: false }),
    taint: Type.Object({ none: Score, data: Score, control: Score }, { additionalProperties: false }),
    class: Type.Object({ public: Score, internal: Score, pii: Score, secret: Score }, { additionalProperties: false }),
    confidence: Type.Object({ weakBelowPercent: Type.Integer({ minimum: 0, maximum: 100 }), weak: Type.Integer({ minimum: 0, maximum: 1000 }) }, { additionalProperties: false }),
    reversible: Type.Object({ yes: Type.Integer({ minimum: -100, maximum: 0 }), no: Score }, { additionalProperties: false }),
    tiers: Type.Array(Type.Object({ from: Type.Integer(), tier: TierValue }, { additionalProperties: false }), { minItems: 1, description: 'ascending; a sum below the first band has tier 0' }),
    floors: Type.Object({ effects: Type.Record(Type.String(), TierValue), tools: Type.Record(Type.String(), TierValue) }, { additionalProperties: false, description: 'raise the floors of the code, never lower them' }),
  },
  { additionalProperties: false },
);
export type RiskTable = Static<typeof RiskTable>;

/** What an action is scored by. */
export interface RiskFacts {
  readonly tool: string;
  readonly operation: OperationDescriptor;
  readonly params: Readonly<Record<string, unknown>>;
  readonly effect: Effect;
  readonly destinationListed: boolean;
  readonly taintedControl: boolean;
  readonly untrustedData: boolean;
  readonly class: DataClass;
  /** 0 to 1, as the agent says: may raise the score, never lower it. */
  readonly confidence: number;
  /** Floor that the manifest asks for. */
  readonly manifestFloor: Tier;
}

export interface Risk {
  readonly score: number;
  readonly rows: readonly RiskRow[];
  readonly tier: Tier;
}

/** Sums the table's rows for an action; the tier is the band of the sum, or the highest floor if that is higher. */
export function scoreRisk(table: RiskTable, facts: RiskFacts): Risk {
  const rows = [
    row('effect', table.effect[facts.effect], `the effect is ${facts.effect}`),
    amountRow(table, facts),
    batchRow(table, facts),
    facts.destinationListed ? row('destination', table.destination.listed, 'every destination is on the list') : row('destination', table.destination.unlisted, 'a destination is not on the list'),
    taintRow(table, facts),
    row('class', table.class[facts.class], `the highest data class is ${facts.class}`),
    ...confidenceRow(table, facts),
    facts.operation.risk.reversible ? row('reversible', table.reversible.yes, 'the effect can be taken back') : row('reversible', table.reversible.no, 'the effect cannot be taken back'),
  ];
  const score = rows.reduce((sum, { score: one }) => sum + one, 0);
  const tier = Math.max(bandOf(table, score), floorOf(table, facts)) as Tier;
  return { score, rows, tier };
}

const row = (name: string, score: number, because: string): RiskRow => ({ row: name, score, because });

function amountRow(table: RiskTable, { operation, params, effect }: RiskFacts): RiskRow {
  const pointer = operation.risk.amount;
  if (pointer === undefined) return effect === 'money' ? row('amount', table.amount.above, 'moves money without saying how much') : row('amount', 0, 'no amount');
  const amount = atPointer(params, pointer);
  if (!isCount(amount)) return row('amount', table.amount.above, 'the amount is missing or not a whole number of minor units');
  return row('amount', banded(table.amount, amount), `the amount is ${amount} minor units`);
}

function batchRow(table: RiskTable, { operation, params }: RiskFacts): RiskRow {
  const size = batchSizeOf(operation, params);
  return size === undefined ? row('batch', table.batch.above, 'how many are affected is unknown') : row('batch', banded(table.batch, size), `affects ${size}`);
}

function taintRow(table: RiskTable, { taintedControl, untrustedData }: RiskFacts): RiskRow {
  if (taintedControl) return row('taint', table.taint.control, 'untrusted text chose where or what kind');
  return untrustedData ? row('taint', table.taint.data, 'content comes from untrusted text') : row('taint', table.taint.none, 'nothing untrusted');
}

function confidenceRow(table: RiskTable, { confidence }: RiskFacts): RiskRow[] {
  const percent = Math.floor(confidence * 100);
  return percent >= table.confidence.weakBelowPercent ? [] : [row('confidence', table.confidence.weak, `the agent is sure to ${percent} %`)];
}

/** How many recipients, rows or items; 1 where the operation has no list, undefined where the list is missing. */
export function batchSizeOf(operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): number | undefined {
  if (operation.risk.batch === undefined) return 1;
  const list = atPointer(params, operation.risk.batch);
  return Array.isArray(list) ? list.length : undefined;
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const banded = ({ bands, above }: RiskTable['amount'], value: number): number => bands.find(({ upTo }) => value <= upTo)?.score ?? above;
const bandOf = (table: RiskTable, score: number): Tier => table.tiers.findLast(({ from }) => score >= from)?.tier ?? 0;

/** The floors of the code (read 0, reversible write and listed message 1, all else 2), of the operation, the policy set and the manifest. */
function floorOf(table: RiskTable, facts: RiskFacts): Tier {
  const { effects, tools } = table.floors;
  return Math.max(floorOfEffect(facts), facts.operation.tierFloor, effects[facts.effect] ?? 0, tools[facts.tool] ?? 0, facts.manifestFloor) as Tier;
}

function floorOfEffect({ effect, operation, destinationListed }: RiskFacts): Tier {
  if (effect === 'read') return 0;
  if (effect === 'write') return operation.risk.reversible ? 1 : 2;
  if (effect === 'message') return destinationListed ? 1 : 2;
  return 2;
}

/** What is wrong with a table beyond its form: bands out of order would give a large sum a low tier. */
export function faultsOfRiskTable(table: RiskTable): string[] {
  const ascending = (values: readonly number[]): boolean => values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
  const faults: string[] = [];
  if (!ascending(table.amount.bands.map(({ upTo }) => upTo))) faults.push('amount.bands: upTo must rise from band to band');
  if (!ascending(table.batch.bands.map(({ upTo }) => upTo))) faults.push('batch.bands: upTo must rise from band to band');
  if (!ascending(table.tiers.map(({ from }) => from))) faults.push('tiers: from must rise from band to band');
  if (!ascending(table.tiers.map(({ tier }) => tier))) faults.push('tiers: a higher sum must give a higher tier');
  for (const [name, scores] of [['effect', table.effect], ['class', table.class], ['taint', table.taint]] as const) {
    for (const [key, score] of Object.entries(scores)) if (score < 0) faults.push(`${name}.${key}: only reversible may lower the sum`);
  }
  for (const effect of Object.keys(table.floors.effects)) if (!Object.hasOwn(table.effect, effect)) faults.push(`floors.effects.${effect}: no such effect`);
  return faults;
}
