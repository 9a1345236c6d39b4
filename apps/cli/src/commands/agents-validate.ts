// SPDX-License-Identifier: Apache-2.0
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { faultText, manifestFile, validateAgent } from '@nervus/agent-manifest';
import { agentDirectoriesIn, agentDirectory } from '@nervus/agent-manifest/directory';
import type { Command } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** Checks one agent's directory, or every agent in a directory of agents. Files only; nothing is published. */
export const agentsValidate: Command = {
  name: 'agents validate',
  summary: 'Check the manifest and the files of an agent, or of all agents in a folder',
  positionals: ['DIR'],
  options: {},
  run({ positionals: [given = ''] }, { folder }) {
    const directory = resolve(folder, given);
    if (!existsSync(directory) || !statSync(directory).isDirectory()) throw new Failure('folder_missing', `${directory} is no folder: name the folder of an agent, or one that holds agents`, exitCodes.noInput);
    const directories = existsSync(join(directory, manifestFile)) ? [directory] : agentDirectoriesIn(directory).map((name) => join(directory, name));
    if (directories.length === 0) throw new Failure('agents_missing', `${directory} holds no ${manifestFile}, and neither does any folder in it`, exitCodes.noInput);
    const results = directories.map((path) => {
      const { faults, agent } = validateAgent(agentDirectory(path));
      return { directory: path, valid: agent !== undefined, ...(agent && { name: agent.manifest.metadata.name, version: agent.manifest.metadata.version, digest: agent.digest }), faults };
    });
    const text = results.flatMap(({ directory: path, faults, ...agent }) => [
      agent.valid ? `${path}: ${agent.name} ${agent.version} is valid, digest ${agent.digest}` : `${path}: not valid`,
      ...faults.map((fault) => `  ${faultText(fault)}`),
    ]);
    return Promise.resolve({ json: { valid: results.every(({ valid }) => valid), agents: results }, text: text.join('\n'), exitCode: results.every(({ valid }) => valid) ? exitCodes.ok : exitCodes.no });
  },
};
