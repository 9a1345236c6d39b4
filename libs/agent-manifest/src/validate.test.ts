// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf } from '@nervus/trust';
import { faultText, type AgentFiles, validateAgent, worstCaseOf } from './index.js';

const manifest = `apiVersion: nervus.dev/v1
kind: Agent
metadata:
  name: market-news
  version: 1.0.0
  owner: group:risk-desk
spec:
  triggers:
    - signal: {kind: [feed.item, replay.item], source: central-banks}
  context:
    entities: [./watchlist.yaml]
  brain:
    mode: rules
    rules: ./rules.yaml
  tools:
    - ref: alert.log@1
      constraints: {channel: {const: market-news}}
`;
const rules = `apiVersion: nervus.dev/v1
kind: NewsRules
events:
  - {type: default, weight: 1, direction: -1, cues: [defaults on]}
proposals:
  - name: alert
    when: {minSeverity: 70}
    tool: alert.log@1
    params:
      channel: {const: market-news}
      severity: {from: severity}
      title: {from: title}
      text: {from: text}
`;
const watchlist = `apiVersion: nervus.dev/v1
kind: WatchList
entities:
  - {id: ecb, name: European Central Bank, type: institution, weight: 1, aliases: [ECB]}
`;

const filesOf = (changes: Readonly<Record<string, string>> = {}): AgentFiles => {
  const texts: Record<string, string> = { 'agent.yaml': manifest, './rules.yaml': rules, './watchlist.yaml': watchlist, ...changes };
  return { read: (path) => (texts[path] === undefined ? { fault: `there is no file ${path} in the agent's directory` } : { text: texts[path] }) };
};
const faultsOf = (changes: Readonly<Record<string, string>>): string[] => validateAgent(filesOf(changes)).faults.map(faultText);
const edited = (from: string, to: string): string => {
  expect(manifest).toContain(from);
  return manifest.replace(from, to);
};

describe('a good agent', () => {
  it('is read whole, with a digest that anyone can compute again from what is published', () => {
    const { faults, agent } = validateAgent(filesOf());
    expect(faults).toEqual([]);
    expect(agent?.digest).toBe(digestOf(agent?.published));
    expect(agent?.rules?.kind).toBe('NewsRules');
    expect(worstCaseOf(agent!.manifest)).toEqual({ perRun: { steps: 12, modelCalls: 0, tokens: 0, proposals: 3, wallMs: 90_000, deadlineMs: 21_600_000 }, perDay: null });
  });

  it('has another digest when only a file it names has changed, or a changed prompt would go unnoticed', () => {
    expect(validateAgent(filesOf({ './watchlist.yaml': watchlist.replace('weight: 1', 'weight: 0.5') })).agent?.digest).not.toBe(validateAgent(filesOf()).agent?.digest);
  });

  it('has the same digest whatever the order of keys and the comments', () => {
    const reordered = manifest.replace('apiVersion: nervus.dev/v1\nkind: Agent', '# the news agent\nkind: Agent\napiVersion: nervus.dev/v1');
    expect(validateAgent(filesOf({ 'agent.yaml': reordered })).agent?.digest).toBe(validateAgent(filesOf()).agent?.digest);
  });
});

describe('a bad agent', () => {
  it('is told every fault of every file at once, with line, column and what to do', () => {
    const faults = faultsOf({
      'agent.yaml': manifest.replace('version: 1.0.0', 'version: one').replace('mode: rules', 'mode: rule').replace('alert.log@1\n', 'alert.logg@1\n').replace('kind: Agent', 'kind: Agnet'),
      './watchlist.yaml': watchlist.replace('weight: 1', 'weight: 3'),
      './rules.yaml': rules.replace('weight: 1', 'weigth: 1'),
    });
    expect(faults).toEqual([
      'agent.yaml:2:1 kind: expected Agent, found "Agnet". Did you mean "Agent"?',
      'agent.yaml:5:3 metadata.version: expected a version such as "1.2.0", found "one".',
      'agent.yaml:13:5 spec.brain.mode: expected rules or llm, found "rule". Did you mean "rules"?',
      'agent.yaml:16:7 spec.tools[0].ref: there is no tool "alert.logg@1". Did you mean "alert.log@1"?',
      'watchlist.yaml:4:63 entities[0].weight: expected a number from 0 to 1, found 3.',
      'rules.yaml:8:5 proposals[0].tool: the manifest gives this agent no tool "alert.log@1". It has alert.logg@1.',
      'rules.yaml:4:21 events[0].weigth: "weigth" is not a field here. Did you mean "weight"?',
      'rules.yaml:4:5 events[0]: "weight" is missing.',
    ]);
  });

  it.each([
    ['filter', edited('  context:', "  perceive: {filter: '${ true }'}\n  context:"), /spec\.perceive\.filter: "filter" is not supported in this release\. Expressions come with libs\/jq/],
    ['correlate', edited('  context:', '  perceive: {correlate: {by: x}}\n  context:'), /"correlate" is not supported in this release/],
    ['dedupe', edited('  context:', '  perceive: {dedupe: {key: x}}\n  context:'), /"dedupe" is not supported in this release/],
    ['flow', `${manifest}  flow: {do: []}\n`, /spec\.flow: "flow" is not supported in this release/],
    ['recall', edited('    entities:', '    recall: {k: 8}\n    entities:'), /"recall" is not supported in this release/],
    ['window', edited('    entities:', '    window: {last: 50}\n    entities:'), /"window" is not supported in this release/],
    ['readings', edited('    entities:', '    readings: []\n    entities:'), /"readings" is not supported in this release/],
    ['hybrid', edited('mode: rules', 'mode: hybrid'), /"hybrid" is not supported in this release/],
    ['perDay', `${manifest}  budgets: {perDay: {usd: 5}}\n`, /"perDay" is not supported in this release/],
    ['usd', `${manifest}  budgets: {perRun: {usd: 5}}\n`, /"usd" is not supported in this release/],
    ['perHour', edited('constraints:', 'limits: {perHour: 10}\n      constraints:'), /"perHour" is not supported in this release/],
    ['secrets', `${manifest}  guardrails: {input: {secrets: redact}}\n`, /"secrets" is not supported in this release/],
    ['retention', `${manifest}  outputs: [{type: brief, class: internal, retention: 365d}]\n`, /"retention" is not supported in this release/],
  ])('what this release does not hold is refused by name: %s', (_, text, expected) => {
    const faults = faultsOf({ 'agent.yaml': text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(expected);
  });

  it.each([
    ['a constraint on no parameter', edited('{channel: {const: market-news}}', '{chanel: {const: market-news}}'), /log has no parameter "chanel"\. Did you mean "channel"\?/],
    ['a constant that the tool refuses', edited('{const: market-news}', '{const: Market News}'), /constraints\.channel\.const: the tool does not accept "Market News" here/],
    ['a bound on text', edited('{const: market-news}', '{const: market-news, min: 3}'), /min and max bind numbers/],
    ['a pattern with look-around', edited('{const: market-news}', '{const: market-news, pattern: "(?=a)b"}'), /the pattern cannot be used/],
    ['a tool twice', edited('  tools:\n', '  tools:\n    - ref: alert.log@1\n'), /"alert\.log@1" stands twice/],
    ['another schema than the pinned one', edited('- ref: alert.log@1', `- ref: alert.log@1\n      schema: ${'A'.repeat(43)}`), /the tool has another schema than the one pinned here\. Review the tool, then pin [\w-]{43}/],
    ['rules that are missing', edited('    rules: ./rules.yaml\n', ''), /"rules" is missing, and mode: rules needs it/],
    ['a field with no value', edited('    rules: ./rules.yaml', '    rules:'), /"rules" has no value/],
    ['a file outside the directory', edited('./rules.yaml', '../rules.yaml'), /expected a file inside the agent's directory/],
    ['an alias', edited('[./watchlist.yaml]', '[&a ./watchlist.yaml, *a]'), /anchors and aliases are not accepted/],
    ['a tag', edited('1.0.0', '!version 1.0.0'), /Unresolved tag: !version/],
    ['a key twice', edited('  name: market-news', '  name: market-news\n  name: other'), /the YAML cannot be read/],
    ['a bare number where text is due', edited('source: central-banks', 'source: 7'), /expected text of 1 to 63 characters, found number 7\. Put it in quotes/],
    ['a model with mode rules', edited('mode: rules', 'mode: rules\n    model: desk'), /"model" means nothing with mode: rules/],
  ])('refuses %s', (_, text, expected) => {
    const { faults, agent } = validateAgent(filesOf({ 'agent.yaml': text }));
    expect(agent).toBeUndefined();
    expect(faults.map(faultText).join('\n')).toMatch(expected);
  });

  it.each([
    ['an unknown result', rules.replace('{from: title}', '{from: titel}'), /these rules have no result "titel"\. Did you mean "title"\?/],
    ['a result of another type', rules.replace('{from: severity}', '{from: title}'), /the tool expects integer here and "title" is string/],
    ['a missing parameter', rules.replace('      title: {from: title}\n', ''), /alert\.log@1 needs the parameter "title"/],
    ['a constant against the constraint', rules.replace('{const: market-news}', '{const: elsewhere}'), /the manifest's constraint const "market-news" does not allow "elsewhere"/],
    ['an expression', rules.replace('{from: title}', "'${ .title }'"), /expected one of \{const/],
    ['another kind', rules.replace('NewsRules', 'OldsRules'), /expected "kind" to be NewsRules, SignalRules, RiskRules or ForecastRules/],
  ])('refuses rules with %s', (_, text, expected) => {
    expect(faultsOf({ './rules.yaml': text }).join('\n')).toMatch(expected);
  });

  it('warns where the target of an action would come from the text that was read', () => {
    const validation = validateAgent(filesOf({ 'agent.yaml': edited('constraints: {channel: {const: market-news}}', 'constraints: {}'), './rules.yaml': rules.replace('channel: {const: market-news}', 'channel: {signal: /channel}') }));
    expect(validation.agent).toBeDefined();
    expect(validation.faults.map(faultText)).toEqual(['rules.yaml:10:7 proposals[0].params.channel: warning: "channel" decides where the action goes and has no constant source, so it always needs a person. Give it a constant, or a const or enum constraint in the manifest.']);
  });

  it('is not read past a depth at which a reviewer is lost', () => {
    expect(faultsOf({ 'agent.yaml': `${'a: {'.repeat(60)}${'}'.repeat(60)}` }).join('\n')).toMatch(/nested deeper than 32/);
  });
});

describe('a model', () => {
  const asking = manifest.replace('    mode: rules\n', '    mode: llm\n    model: desk\n    prompt: ./prompt.md\n    output: ./output.json\n    fallback: rules\n');
  const output = '{"type":"object","additionalProperties":false,"properties":{"level":{"type":"string"}},"required":["level"]}';
  const files = { 'agent.yaml': asking, './prompt.md': 'Assess.', './output.json': output };

  it('must be configured', () => {
    expect(validateAgent(filesOf(files), { models: ['desk'] }).faults).toEqual([]);
    expect(validateAgent(filesOf(files), { models: ['other'] }).faults.map(faultText)).toEqual(['agent.yaml:14:5 spec.brain.model: no model "desk" is configured. Configured are other.']);
    expect(validateAgent(filesOf(files)).faults[0]?.severity).toBe('warning');
  });

  it.each([
    ['that is open', output.replace('"additionalProperties":false,', ''), /must say "additionalProperties": false/],
    ['that refers to the network', output.replace('{"type":"string"}', '{"$ref":"https://example.org/x.json"}'), /"\$ref" may only point into the same file/],
    ['with an unknown keyword', output.replace('"type":"string"', '"type":"string","maxlength":3'), /unknown keyword/],
    ['that is no JSON', '{', /cannot be used as a schema/],
  ])('must answer by a schema, not one %s', (_, text, expected) => {
    expect(validateAgent(filesOf({ ...files, './output.json': text })).faults.map(faultText).join('\n')).toMatch(expected);
  });
});
