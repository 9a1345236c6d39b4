// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const ReasoningConfig = Type.Object({
  agentsFolder: Type.String({ default: 'agents', description: 'folder with one directory per agent; read at start and watched' }),
  agentsWatchSeconds: Type.Integer({ default: 5, minimum: 1, maximum: 3600, description: 'seconds between two looks at the agents folder' }),
  agentsTenant: Type.String({ default: 'default', pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'tenant of agents whose manifest names none' }),
  modelsFile: Type.String({ default: '', description: 'path of models.yaml: the models that manifests may name; empty means none' }),
  modelConcurrency: Type.Integer({ default: 4, minimum: 1, maximum: 64, description: 'models that this process asks at the same time' }),
  runLeaseSeconds: Type.Integer({ default: 7, minimum: 2, maximum: 60, description: 'seconds after which a run that a model is asked about is taken over from a process that is silent' }),
});
export type ReasoningConfig = Static<typeof ReasoningConfig>;
