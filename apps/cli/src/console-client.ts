// SPDX-License-Identifier: Apache-2.0
import { type Arguments, type Context, textOption } from './command.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { Failure } from './failure.js';
import { consoleUrl, seatToken } from './installation.js';

/** A console that waits two seconds for an answer of its own must get through. */
const timeoutMs = 15_000;

/** What became of a command that the console published. */
export interface CommandResult {
  readonly commandId: string;
  /** `pending` while nobody has answered. */
  readonly code: string;
  readonly detail: string;
}

export interface PostOptions {
  readonly idempotencyKey: string;
  /** Revision that the caller saw. */
  readonly ifMatch?: number;
}

/** The console's HTTP API with one person's seat. */
export class ConsoleClient {
  private constructor(
    private readonly base: URL,
    private readonly token: string,
  ) {}

  /** @throws Failure when there is no console or no seat */
  static of(given: Arguments, context: Context): ConsoleClient {
    return new ConsoleClient(consoleUrl(context, textOption(given, 'console')), seatToken(context, textOption(given, 'as')));
  }

  async get<T>(path: string): Promise<T> {
    const { body } = await this.ask('GET', path);
    return body as T;
  }

  /** @throws Failure with the reason code that the mesh answered */
  async post(path: string, data: unknown, { idempotencyKey, ifMatch }: PostOptions): Promise<CommandResult> {
    const { body } = await this.ask('POST', path, { 'content-type': 'application/json', 'idempotency-key': idempotencyKey, ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }) }, JSON.stringify(data));
    return body as CommandResult;
  }

  private async ask(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<{ body: unknown }> {
    const url = new URL(path, this.base);
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(url, { method, headers: { accept: 'application/json', authorization: `Bearer ${this.token}`, ...headers }, ...(body === undefined ? {} : { body }), redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      text = await answer.text();
    } catch (cause) {
      throw new Failure('console_unavailable', `the console at ${this.base.origin} does not answer (${reasonOf(cause)}): is Nervus running? Start it with "npm start"`, exitCodes.unavailable, {}, { cause });
    }
    const value = parsed(text);
    if (answer.ok && value !== undefined) return { body: value };
    throw failureOf(answer.status, value, this.base);
  }
}

function failureOf(status: number, value: unknown, base: URL): Failure {
  const problem = typeof value === 'object' && value !== null ? (value as { code?: unknown; detail?: unknown }) : {};
  const code = typeof problem.code === 'string' ? problem.code : `http_${status}`;
  const detail = typeof problem.detail === 'string' ? problem.detail : `the console at ${base.origin} answered with status ${status}`;
  return new Failure(code, detail, exitCodeOf(status), { status });
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401) return exitCodes.noPermission;
  if (status >= 500 || status === 429) return exitCodes.unavailable;
  return status === 400 ? exitCodes.usage : exitCodes.no;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner: unknown = cause.cause;
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : cause.message;
}
