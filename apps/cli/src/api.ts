// SPDX-License-Identifier: Apache-2.0
// What the command line reads of the console's answers (apps/console/server).

export interface Page<T> {
  /** Up to when the console has seen everything, RFC 3339. */
  readonly asOf: string;
  readonly ageMs: number;
  readonly items: readonly T[];
  /** Cursor of the next page; null at the end. */
  readonly next: string | null;
}

export interface RequestSummary {
  readonly requestId: string;
  readonly state: string;
  readonly tier: number;
  readonly agent: string;
  readonly tool: string;
  readonly target: string;
  /** What it is about, in the words of its first source. */
  readonly about: string;
  readonly approvals: number;
  readonly quorum: number;
  readonly flags: number;
  readonly expiresAt: string;
}

interface Label {
  readonly src: readonly string[];
  readonly trust: string;
  readonly class: string;
}

interface Cited {
  readonly text: string;
  readonly src: readonly string[];
}

export interface Packet {
  readonly action: {
    readonly actionId: string;
    readonly runId: string;
    readonly agent: { readonly name: string; readonly version: string };
    readonly tool: string;
    readonly operation: string;
    readonly target: string;
    readonly effect: string;
    readonly params: Readonly<Record<string, unknown>>;
    readonly onBehalfOf?: string;
  };
  readonly digest: string;
  readonly labels: Readonly<Record<string, Label>>;
  readonly control: readonly string[];
  readonly tier: number;
  readonly risk: { readonly score: number; readonly rows: readonly { readonly row: string; readonly score: number; readonly because: string }[] };
  readonly policies: readonly string[];
  readonly confidence: number;
  readonly reasons: readonly Cited[];
  readonly against: readonly Cited[];
  readonly sources: readonly { readonly eventId: string; readonly title: string; readonly excerpt: string; readonly link?: string }[];
  readonly flags: readonly string[];
  readonly reversible: boolean;
  readonly owner: string;
}

export interface Request {
  readonly requestId: string;
  readonly revision: number;
  readonly nonce: string;
  readonly state: string;
  readonly code?: string;
  readonly packet: Packet;
  readonly evidenceHash: string;
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly votes: readonly { readonly person: string; readonly verdict: string; readonly at: string; readonly reason: string }[];
  readonly openedAt: string;
  readonly expiresAt: string;
}

export interface RequestAnswer {
  readonly asOf: string;
  readonly ageMs: number;
  readonly request: Request;
}

export interface ChainAnswer {
  /** One sentence on how things stand. */
  readonly standing: string;
  readonly steps: readonly { readonly step: string; readonly at: string; readonly result: string; readonly code: string; readonly detail: string }[];
}

export interface Stop {
  readonly stopId: string;
  readonly scope: { readonly kind: string; readonly name?: string };
  readonly active: boolean;
  readonly epoch: number;
  readonly reason: string;
  readonly by: readonly string[];
  readonly at: string;
}

export interface SourceSummary {
  readonly name: string;
  readonly kind: string;
  readonly owner: string;
  /** `files` or `commands`. */
  readonly managedBy: string;
  readonly paused: boolean;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly version: number;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
}

export interface DeadLetter {
  readonly service: string;
  readonly partition: number;
  readonly offset: string;
  readonly at: string;
  readonly originTopic: string;
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly bytes: number;
  readonly key: string;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  /** Null while it waits for somebody. */
  readonly fate: { readonly what: string; readonly person: string; readonly reason: string; readonly at: string } | null;
}

export interface DeadLetterAnswer {
  readonly letter: DeadLetter;
  /** Null when its retention is over. */
  readonly content: { readonly key: string | null; readonly value: string | null; readonly cut: boolean; readonly headers: Readonly<Record<string, string>> } | null;
}

export interface StandingAnswer {
  readonly asOf: string;
  readonly ageMs: number;
  readonly standing: {
    readonly runId: string;
    readonly state: string;
    readonly sentence: string;
    readonly waits: readonly { readonly code: string; readonly actionId?: string; readonly since?: string; readonly sentence: string; readonly next: string }[];
  };
}

export interface StatusAnswer {
  readonly asOf: string;
  readonly ageMs: number;
  readonly services: readonly { readonly service: string; readonly processes: readonly { readonly epoch: string; readonly state: string; readonly at: string; readonly stopEpoch: number }[] }[];
  /** Null while no pulse of approval was seen. */
  readonly pulse: { readonly epoch: number; readonly policyVersion: number; readonly ageMs: number } | null;
  readonly stops: { readonly active: number; readonly epoch: number };
  readonly openRequests: number;
  readonly deadLetters: number;
  readonly openFindings: number;
}
