// SPDX-License-Identifier: Apache-2.0
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { faultText, manifestFile, type Validation, validateAgent } from '@nervus/agent-manifest';
import { agentDirectoriesIn, agentDirectory } from '@nervus/agent-manifest/directory';

/** One directory of the folder, read and checked. */
export interface Candidate {
  readonly directory: string;
  readonly manifestText: string;
  readonly validation: Validation;
  /** Faults as lines for people. */
  readonly faults: readonly string[];
}

/** There is no folder of agents where the configuration says. */
export class AgentsFolderUnreadable extends Error {
  override readonly name = 'AgentsFolderUnreadable';
  readonly code = 'agents_folder_unreadable';
}

/** The folder that agents are read from. */
export class AgentsFolder {
  constructor(
    private readonly folder: string,
    readonly tenant: string,
    private readonly models: readonly string[],
  ) {}

  /** Changes when a file of an agent does: names, sizes and times of change. Looking is cheap, reading is not. */
  signature(): string {
    return this.directories()
      .flatMap((directory) => readdirSync(join(this.folder, directory), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const { size, mtimeMs } = statSync(path);
        return `${path} ${size} ${mtimeMs}`;
      })
      .join('\n');
  }

  /** @throws AgentsFolderUnreadable */
  read(): Candidate[] {
    return this.directories().map((directory) => {
      const files = agentDirectory(join(this.folder, directory));
      const text = files.read(manifestFile);
      const validation = validateAgent(files, { models: this.models });
      return { directory, manifestText: 'text' in text ? text.text : '', validation, faults: validation.faults.map(faultText) };
    });
  }

  private directories(): string[] {
    try {
      return agentDirectoriesIn(this.folder);
    } catch (error) {
      throw new AgentsFolderUnreadable(`the agents folder "${this.folder}" cannot be read (${error instanceof Error ? error.message : String(error)}); expected a folder with one directory per agent: set NERVUS_AGENTS_FOLDER`, { cause: error });
    }
  }
}
