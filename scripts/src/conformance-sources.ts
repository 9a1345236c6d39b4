// SPDX-License-Identifier: Apache-2.0
// `npm run conformance:sources`: what each kind of source is held to: the published examples of signature schemes, the
// cases of the CloudEvents binding, feeds as they are found.
import { runSuites } from './run-suites.js';

/** What a kind is held to, and what it refuses by name instead. */
const kinds = {
  webhook: { suites: ['signatures/schemes', 'http/inbound', 'http/form', 'manifest/event-schema'], unsupported: ['asymmetric signatures of Standard Webhooks (v1a)', 'GitHub deliveries as forms', 'SHA-1 signatures'] },
  cloudevents: { suites: ['conformance/cloudevents', 'http/cloudevent', 'http/content-mode', 'http/handshake'], unsupported: ['data_base64', 'data that is not JSON', 'the formats avro, protobuf and xml', 'WebHook-Request-Callback'] },
  schedule: { suites: ['schedule/fire-times'], unsupported: ['years in expressions', 'nicknames such as @daily'] },
  feed: { suites: ['conformance/feed', 'feed/parse-feed'], unsupported: ['external entities', 'WebSub'] },
} as const;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

const { counts, ok } = await runSuites<Kind>(Object.fromEntries(names.map((name) => [name, kinds[name].suites.map((suite) => `libs/sources/src/${suite}.test.ts`)])) as unknown as Record<Kind, readonly string[]>);
const sources = Object.fromEntries(names.map((name) => [name, { passed: counts[name].passed, failed: counts[name].failed, unsupported: kinds[name].unsupported, ...(counts[name].skipped.length > 0 && { skipped: counts[name].skipped }) }]));
console.log(JSON.stringify({ ok, sources }));
process.exit(ok ? 0 : 1);
