// SPDX-License-Identifier: Apache-2.0
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

/** The folder that agents are read from. */
export class AgentsFolder {
  constructor(
    private readonly folder: string,
    readonly tenant: string,
    private readonly models: readonly string[],
  ) {}

  /** @throws Error when the folder itself cannot be read */
  read(): Candidate[] {
    return agentDirectoriesIn(this.folder).map((directory) => {
      const files = agentDirectory(join(this.folder, directory));
      const text = files.read(manifestFile);
      const validation = validateAgent(files, { models: this.models });
      return { directory, manifestText: 'text' in text ? text.text : '', validation, faults: validation.faults.map(faultText) };
    });
  }
}
