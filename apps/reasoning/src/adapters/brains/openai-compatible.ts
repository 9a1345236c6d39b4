// SPDX-License-Identifier: Apache-2.0
// The only place that knows the model SDK. Asked through it: one completion, with a schema where the server holds to
// one. Not used of it: tools, its agent loop, retries, telemetry, model names that go to a gateway, downloads.
import { readFileSync } from 'node:fs';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { Egress } from '@nervus/egress';
import { generateText, jsonSchema, Output } from 'ai';
import { type BrainModel, ModelUnavailable } from '../../domain/brains/model/brain-model.js';
import type { AskableModel, ModelConfig } from './models.js';

const maxResponseBytes = 1_048_576;

/** A model behind an HTTP API of the OpenAI shape, reached through the egress guard alone. */
export function openAiCompatible(config: ModelConfig, egress: Egress): AskableModel {
  const timeoutMs = config.timeoutSeconds * 1000;
  const provider = createOpenAICompatible({
    name: config.name,
    baseURL: config.baseUrl,
    supportsStructuredOutputs: config.structuredOutputs,
    ...(config.apiKeyFile !== undefined && { apiKey: () => readFileSync(config.apiKeyFile ?? '', 'utf8').trim() }),
    fetch: guardedFetch(config, egress, timeoutMs),
  });
  const model = provider.chatModel(config.model);
  const brain: BrainModel = {
    id: `openai-compatible/${config.name}/${config.model}`,
    async ask({ system, prompt, schema }, maxOutputTokens, abort) {
      const { responseFormat } = Output.object({ schema: jsonSchema<unknown>(schema) });
      try {
        const { text, usage } = await generateText({
          model,
          instructions: system,
          prompt,
          // The words are read by our own strict parser, which names every fault for the repair.
          output: { name: 'answer', responseFormat, parseCompleteOutput: ({ text: words }: { text: string }) => Promise.resolve(words), parsePartialOutput: () => Promise.resolve(undefined), createElementStreamTransform: () => undefined },
          temperature: 0,
          maxOutputTokens,
          maxRetries: 0,
          abortSignal: abort,
          telemetry: { isEnabled: false, recordInputs: false, recordOutputs: false },
        });
        return { text, inputTokens: usage.inputTokens ?? 0, outputTokens: usage.outputTokens ?? 0 };
      } catch (error) {
        throw new ModelUnavailable(`the model ${config.name} gave no answer: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    },
  };
  return { brain, maxOutputTokens: config.maxOutputTokens, timeoutMs };
}

function guardedFetch(config: ModelConfig, egress: Egress, timeoutMs: number): typeof fetch {
  const { hostname, port, protocol } = new URL(config.baseUrl);
  const isHttp = protocol === 'http:';
  const rule = { hosts: [hostname.replace(/^\[|\]$/g, '')], ports: [port === '' ? (isHttp ? 80 : 443) : Number(port)], methods: ['POST'], schemes: [isHttp ? ('http' as const) : ('https' as const)], allowPrivate: config.internal };
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    if (init?.body !== undefined && init.body !== null && typeof init.body !== 'string') throw new TypeError('a request to a model has a text body');
    const response = await egress.request({
      url,
      method: init?.method ?? 'POST',
      headers: Object.fromEntries(new Headers(init?.headers)),
      ...(typeof init?.body === 'string' && { body: init.body }),
      rule,
      timeoutMs,
      maxResponseBytes,
      maxRedirects: 0,
      ...(init?.signal && { signal: init.signal }),
    });
    return new Response(new Uint8Array(response.body), { status: response.status, headers: { 'content-type': response.headers['content-type'] ?? 'application/json' } });
  };
}
