// SPDX-License-Identifier: Apache-2.0
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CallResult, type Found, messageOf } from '../../domain/call-result.js';
import type { Permitted } from '../../domain/permitted.js';
import type { PermittedCall, Route, ToolExecutor } from '../../domain/tool.js';
import { AppendFailed, folderBelow, LineFile } from './line-file.js';

/** How much older than the first call a line may be and still count as a later one: clocks of two processes. */
const skewMs = 60_000;

/**
 * `alert.log`: one line of JSON in `<root>/<tenant>/<channel>.ndjson`. The line carries the idempotency key, so that an
 * earlier call can be found, and a repeated one writes nothing twice.
 */
export class AlertLog implements ToolExecutor {
  readonly tool = 'alert';
  private readonly files = new Map<string, Promise<LineFile>>();

  constructor(
    private readonly root: string,
    private readonly now: () => number,
  ) {}

  route(): Route {
    return { destination: 'alert-log', idempotency: 'natural', canAsk: true };
  }

  async check(): Promise<string | undefined> {
    try {
      await mkdir(this.root, { recursive: true, mode: 0o750 });
      await access(this.root, constants.W_OK);
      return undefined;
    } catch (error) {
      return `the alert log ${this.root} cannot be written: ${textOf(error)}`;
    }
  }

  async execute(call: PermittedCall): Promise<CallResult> {
    const line = lineOf(call.permitted, this.now());
    const request = messageOf(`${line}\n`);
    try {
      // A line that an earlier call may have left is looked for before another is written.
      if (call.attempt > 1 && (await this.isThere(call))) return { kind: 'done', code: 'done', detail: 'The line of an earlier call is there.', request };
      if (call.signal.aborted) return { kind: 'not_done', code: 'target_unreachable', detail: 'There was no time left to write the line.' };
      const file = await this.fileOf(call.permitted);
      await file.append(line);
      return { kind: 'done', code: 'done', detail: `Appended to ${paramsOf(call.permitted).channel}.ndjson.`, request };
    } catch (error) {
      return { kind: error instanceof AppendFailed && error.begun ? 'uncertain' : 'not_done', code: 'target_unreachable', detail: textOf(error), request };
    }
  }

  async reconcile(call: PermittedCall): Promise<Found> {
    try {
      return (await this.isThere(call)) ? 'done' : 'not_done';
    } catch {
      return 'cannot_tell';
    }
  }

  private async isThere({ permitted, startedAt }: PermittedCall): Promise<boolean> {
    const file = await this.fileOf(permitted);
    const { idempotencyKey } = permitted;
    return file.holds((line) => field(line, 'key') === idempotencyKey, (line) => Date.parse(String(field(line, 'at'))) < startedAt - skewMs);
  }

  private fileOf(permitted: Permitted): Promise<LineFile> {
    const { channel } = paramsOf(permitted);
    const name = `${permitted.tenant}/${channel}`;
    const known = this.files.get(name);
    if (known) return known;
    const made = folderBelow(this.root, permitted.tenant).then((folder) => new LineFile(join(folder, `${channel}.ndjson`)));
    this.files.set(name, made);
    made.catch(() => this.files.delete(name));
    return made;
  }
}

interface Params {
  readonly channel: string;
  readonly severity: number;
  readonly title: string;
  readonly text: string;
  readonly citations?: readonly string[];
}

/** The parameters were checked against the tool's schema. */
const paramsOf = ({ action }: Permitted): Params => action.params as unknown as Params;

function lineOf({ action, idempotencyKey }: Permitted, nowMs: number): string {
  const { severity, title, text, citations } = action.params as unknown as Params;
  return JSON.stringify({ at: new Date(nowMs).toISOString(), key: idempotencyKey, severity, title, text, ...(citations && { citations }), agent: action.agent.name, runId: action.runId, actionId: action.actionId });
}

const field = (line: unknown, name: string): unknown => (typeof line === 'object' && line !== null && Object.hasOwn(line, name) ? (line as Readonly<Record<string, unknown>>)[name] : undefined);
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
