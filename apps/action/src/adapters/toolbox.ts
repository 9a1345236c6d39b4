// SPDX-License-Identifier: Apache-2.0
import { tools } from '@nervus/contracts';
import type { Permitted } from '../domain/permitted.js';
import type { ToolExecutor } from '../domain/tool.js';

/** The executor of each tool of the catalogue. */
export class Toolbox {
  private readonly executors: ReadonlyMap<string, ToolExecutor>;

  /** @throws TypeError when a tool of the catalogue has no executor, or an executor no tool */
  constructor(executors: readonly ToolExecutor[]) {
    this.executors = new Map(executors.map((executor) => [executor.tool, executor]));
    const missing = [...tools.filter(({ id }) => !this.executors.has(id)).map(({ id }) => id), ...executors.filter(({ tool }) => !tools.some(({ id }) => id === tool)).map(({ tool }) => tool)];
    if (missing.length > 0) throw new TypeError(`catalogue and executors differ in: ${missing.join(', ')}`);
  }

  of({ entry }: Permitted): ToolExecutor {
    const executor = this.executors.get(entry.tool.id);
    if (!executor) throw new TypeError(`the tool ${entry.tool.id} has no executor`);
    return executor;
  }

  /** Why tools cannot be used right now; undefined when all can. */
  async problem(): Promise<string | undefined> {
    const problems = await Promise.all([...this.executors.values()].map((executor) => executor.check()));
    return problems.find((problem) => problem !== undefined);
  }
}
