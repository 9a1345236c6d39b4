// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import type { BrainModel } from '../../domain/brains/model/brain-model.js';

const strict = { additionalProperties: false } as const;

/** One model that manifests may name. */
export const ModelConfig = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'what manifests call it' }),
    adapter: Type.Literal('openai-compatible'),
    baseUrl: Type.String({ pattern: '^https?://', maxLength: 500, description: 'address up to, without, /chat/completions' }),
    model: Type.String({ minLength: 1, maxLength: 200, description: 'name at the server' }),
    apiKeyFile: Type.Optional(Type.String({ minLength: 1, description: 'mounted file with a key that buys inference and nothing else; read at each call' })),
    structuredOutputs: Type.Boolean({ default: false, description: 'the server holds answers to a JSON Schema' }),
    maxOutputTokens: Type.Integer({ default: 2000, minimum: 50, maximum: 100_000 }),
    timeoutSeconds: Type.Integer({ default: 60, minimum: 1, maximum: 600, description: 'seconds for one answer' }),
    internal: Type.Boolean({ default: false, description: 'the server is inside a private network or on this machine' }),
  },
  strict,
);
export type ModelConfig = Static<typeof ModelConfig>;
const ModelsFile = Type.Object({ models: Type.Array(ModelConfig, { maxItems: 32 }) }, strict);

/** The file of models cannot be used. */
export class ModelsInvalid extends Error {
  override readonly name = 'ModelsInvalid';
  readonly code = 'models_invalid';
}

/** Reads models.yaml. @throws ModelsInvalid naming each fault */
export function readModels(file: string): ModelConfig[] {
  if (file === '') return [];
  let parsed: unknown;
  try {
    parsed = Value.Default(ModelsFile, parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new ModelsInvalid(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!Value.Check(ModelsFile, parsed)) throw new ModelsInvalid(`${file}: ${Value.Errors(ModelsFile, parsed).map((error) => `${error.instancePath || '/'} ${error.message}`).join('; ')}`);
  const names = parsed.models.map((model) => model.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ModelsInvalid(`${file}: the model "${twice}" stands twice`);
  return parsed.models;
}

/** A model with the bounds of its calls. */
export interface AskableModel {
  readonly brain: BrainModel;
  readonly maxOutputTokens: number;
  readonly timeoutMs: number;
}

/** The models of this installation, by the name that manifests use. */
export class Models {
  constructor(private readonly models: ReadonlyMap<string, AskableModel>) {}

  find(name: string): AskableModel | undefined {
    return this.models.get(name);
  }

  get names(): readonly string[] {
    return [...this.models.keys()];
  }
}
