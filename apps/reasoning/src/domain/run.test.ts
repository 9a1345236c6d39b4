// SPDX-License-Identifier: Apache-2.0
import { actionIdOf, type Label, ProposalMade, RunChanged, runIdOf } from '@nervus/contracts';
import { type AgentFiles, validateAgent } from '@nervus/agent-manifest';
import { array, assert, constantFrom, property, record } from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { askedRun, concludedByModel, fellBack, refusedAnswer, takeOver } from './ask-model.js';
import { concludeRun, releaseHeld } from './conclude-run.js';
import { onDeadline, onDecision, onOutcome } from './continue-run.js';
import { joined, labelAt, labelOfAnswer } from './labels.js';
import { loadAgent, isTriggeredBy, type LoadedAgent } from './loaded-agent.js';
import { memoryId, remember, verdictOn } from './memory.js';
import { compareVersions, publicationOf } from './publication.js';
import { isOver, type RunChange } from './run.js';
import { endedAtStart, type ReceivedSignal, runOf, thoughtOfRules, triggerOf } from './start-run.js';
import type { StopView } from './stops.js';

const now = Date.parse('2026-11-24T10:00:00.000Z');
const minute = 60_000;
const manifest = `apiVersion: nervus.dev/v1
kind: Agent
metadata: {name: watch, version: 1.0.0, owner: 'group:ops'}
spec:
  triggers: [{signal: {kind: [webhook, cloudevent], source: monitor, type: alarm}}]
  brain: {mode: rules, rules: ./rules.yaml}
  tools:
    - ref: alert.log@1
      constraints: {channel: {const: ops}}
    - ref: http.request@1
      constraints: {method: {const: POST}, url: {const: 'https://api.example.com/restart'}}
  budgets: {perRun: {proposals: 2}}
`;
const rules = `apiVersion: nervus.dev/v1
kind: SignalRules
rules:
  - name: down
    when: [{at: /state, equals: down}, {at: /minutes, min: 5}]
    severity: 90
    title: '{/service} is down'
    text: '{/service} has been down for {/minutes} minutes.'
  - {name: slow, when: [{at: /state, in: [slow, slower]}], severity: 40, title: slow, text: '{/nothing}', brief: false}
proposals:
  - name: tell
    when: {minSeverity: 30}
    tool: alert.log@1
    params: {channel: {const: ops}, severity: {from: severity}, title: {from: title}, text: {from: text}, citations: {from: citations}}
  - name: restart
    when: {minSeverity: 80}
    tool: http.request@1
    params: {method: {const: POST}, url: {const: 'https://api.example.com/restart'}, body: {object: {service: {signal: /service}, why: {from: title}}}}
`;

function agentOf(changed: Readonly<Record<string, string>> = {}): LoadedAgent {
  const texts: Record<string, string> = { 'agent.yaml': manifest, './rules.yaml': rules, ...changed };
  const files: AgentFiles = { read: (path) => (texts[path] === undefined ? { fault: 'none' } : { text: texts[path] }) };
  const { agent, faults } = validateAgent(files, { models: ['desk'] });
  if (!agent) throw new Error(JSON.stringify(faults));
  return loadAgent('default', agent, 7);
}
const agent = agentOf();
const signal: ReceivedSignal = {
  id: '2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b', tenant: 'default', correlationId: '2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b', hops: 0, appendedAt: now,
  data: {
    kind: 'webhook', source: 'monitor', origin: { id: '1', type: 'alarm', source: 'https://monitor.example' }, subject: 'billing', content: { service: 'billing', state: 'down', minutes: 9, note: { secret: 'x' } },
    labels: { '': { src: [], trust: 'verified', class: 'internal' }, '/note': { src: [], trust: 'untrusted', class: 'pii' } }, raw: { sha256: 'A'.repeat(43), bytes: 10 },
  },
};
const fresh: StopView = { active: [], ageMs: 100, staleAfterMs: 5000 };
const stopped = (scope: StopView['active'][number]['scope']): StopView => ({ ...fresh, active: [{ stopId: signal.id, scope, epoch: 4 }] });
const trigger = triggerOf(signal);

function conclude(of = agent, view = fresh, content: unknown = signal.data.content): RunChange {
  const about = { ...trigger, content };
  const reading = of.rules!.read(about);
  return concludeRun(of, runOf(of, signal, now), about, thoughtOfRules(of, about, reading, undefined), view, now);
}
const proposalsIn = (change: RunChange): ProposalMade[] => change.facts.flatMap((fact) => (fact.record === 'proposal' ? [fact.data] : []));

describe('labels', () => {
  it('a value has the label of the longest pointer above it, and of nothing beside it', () => {
    expect(labelAt(trigger, '/note/secret')).toEqual({ src: [`${signal.id}#/content/note/secret`], trust: 'untrusted', class: 'pii' });
    expect(labelAt(trigger, '/notebook')).toMatchObject({ trust: 'verified', class: 'internal' });
  });
  it('what nobody labelled is untrusted and secret', () => {
    expect(labelAt({ eventId: 'e', labels: {} }, '/x')).toMatchObject({ trust: 'untrusted', class: 'secret' });
  });
  it('nothing raises trust or lowers the class of a joined value', () => {
    const label = record({ trust: constantFrom<Label['trust']>('owner', 'system', 'verified', 'untrusted'), class: constantFrom<Label['class']>('public', 'internal', 'pii', 'secret') });
    const [trusts, classes] = [['owner', 'system', 'verified', 'untrusted'], ['public', 'internal', 'pii', 'secret']];
    assert(
      property(array(label, { minLength: 1, maxLength: 6 }), (labels) => {
        const result = joined(labels.map((one, index) => ({ ...one, src: [`e#/${index}`] })));
        for (const one of labels) {
          expect(trusts.indexOf(result.trust)).toBeGreaterThanOrEqual(trusts.indexOf(one.trust));
          expect(classes.indexOf(result.class)).toBeGreaterThanOrEqual(classes.indexOf(one.class));
        }
        expect(result.src).toHaveLength(labels.length);
      }),
    );
  });
  it('a model does not make a value trusted by saying it; the manifest does', () => {
    const prompt: Label = { src: ['e#/content'], trust: 'untrusted', class: 'public' };
    expect(labelOfAnswer(prompt, { channel: { enum: ['a'] } }, '/channel', 'a').trust).toBe('owner');
    expect(labelOfAnswer(prompt, { channel: { pattern: '.*' } }, '/channel', 'a').trust).toBe('untrusted');
  });
});

describe('rules over signals', () => {
  it('propose exact actions, labelled by where each parameter came from', () => {
    const change = conclude();
    const [tell, restart] = proposalsIn(change);
    expect(tell?.action).toMatchObject({ tool: 'alert', operation: 'log', params: { channel: 'ops', severity: 90, title: 'billing is down', text: 'billing has been down for 9 minutes.' }, target: 'alert-log:ops', effect: 'write' });
    expect(tell?.action.actionId).toBe(actionIdOf(runIdOf('default', 'watch', signal.id), '/propose/tell', 1));
    expect(tell?.labels).toMatchObject({ '/channel': { trust: 'owner' }, '/title': { trust: 'verified', src: [`${signal.id}#/content/service`] } });
    expect(restart?.action.params['body']).toEqual({ service: 'billing', why: 'billing is down' });
    expect(restart?.labels['/body']).toMatchObject({ trust: 'verified', class: 'internal' });
    expect(change.state).toMatchObject({ state: 'waiting', version: 1, open: [{ tool: 'alert.log' }, { tool: 'http.request' }] });
    expect(restart?.expiresAt).toBe(new Date(now + 240 * minute).toISOString());
  });
  it('what is told is valid by the contracts', () => {
    const [run, proposal] = [Compile(RunChanged.schema), Compile(ProposalMade.schema)];
    for (const fact of conclude().facts) if (fact.record !== 'intelligence') expect([...(fact.record === 'run' ? run : proposal).Errors(fact.data)]).toEqual([]);
  });
  it.each([
    ['no rule applies', { state: 'up' }, 'no rule applies'],
    ['a condition on a number meets a text', { state: 'down', minutes: '9' }, 'no rule applies'],
    ['content of another form', null, 'no rule applies'],
    ['inherited fields', Object.create({ state: 'slow' }), 'no rule applies'],
  ])('%s: the run completes and says so', (_, content, reason) => {
    expect(conclude(agent, fresh, content).state).toMatchObject({ state: 'completed', reason });
  });
  it('a place that is not there is said to be none, and no brief is told where the rule wants none', () => {
    const change = conclude(agent, fresh, { state: 'slow' });
    expect(change.facts.map((fact) => fact.record)).toEqual(['proposal', 'run']);
    expect(proposalsIn(change)[0]?.action.params['text']).toBe('(none)');
  });
  it('a control parameter that the signal fills is tainted', () => {
    const open = agentOf({
      'agent.yaml': manifest.replace("      constraints: {channel: {const: ops}}\n", ''),
      './rules.yaml': rules.replaceAll('channel: {const: ops}', 'channel: {signal: /service}'),
    });
    const [tell] = proposalsIn(conclude(open));
    expect(tell?.labels['/channel']?.trust).toBe('verified');
    expect(conclude(open).state.steps.map((step) => step.summary).join()).toContain('/channel not of the owner');
  });
});

describe('what keeps a run from proposing', () => {
  it('more actions than its budget: none is proposed, not some', () => {
    const change = conclude(agentOf({ 'agent.yaml': manifest.replace('proposals: 2', 'proposals: 1') }));
    expect(change.state).toMatchObject({ state: 'over_budget', reason: '2 actions were wanted, at most 1 are allowed in a run' });
    expect(proposalsIn(change)).toEqual([]);
  });
  it('a limit of one tool', () => {
    expect(conclude(agentOf({ 'agent.yaml': manifest.replace('  budgets', '      limits: {perRun: 1}\n  budgets'), './rules.yaml': `${rules}  - {name: again, when: {minSeverity: 80}, tool: http.request@1, params: {method: {const: POST}, url: {const: 'https://api.example.com/restart'}}}\n`.replace("minSeverity: 30", 'minSeverity: 95') })).state.reason).toMatch(/http\.request@1 was wanted 2 times, at most 1/);
  });
  it('the same action twice', () => {
    expect(conclude(agentOf({ './rules.yaml': rules.replace('name: restart', 'name: again').replace(/tool: http[\s\S]*$/, 'tool: alert.log@1\n    params: {channel: {const: ops}, severity: {from: severity}, title: {from: title}, text: {from: text}, citations: {from: citations}}\n') })).state.reason).toBe('loop: the same action was wanted twice');
  });
  it.each([[{ kind: 'all' }], [{ kind: 'agent', name: 'watch' }]] as const)('a stop of %j at its start', (scope) => {
    expect(endedAtStart(agent, runOf(agent, signal, now), signal, stopped(scope), now)?.state).toMatchObject({ state: 'stopped', reason: `stop ${signal.id} (epoch 4)` });
  });
  it('a stop of a tool before the next step; one of another agent or tool does nothing', () => {
    expect(conclude(agent, stopped({ kind: 'tool', name: 'http.request' })).state.state).toBe('stopped');
    expect(conclude(agent, stopped({ kind: 'tool', name: 'webhook.send' })).state.state).toBe('waiting');
    expect(endedAtStart(agent, runOf(agent, signal, now), signal, stopped({ kind: 'agent', name: 'other' }), now)).toBeUndefined();
  });
});

describe('an old view of the stops', () => {
  const consequential = (ageMs: number): RunChange => conclude(agent, { ...fresh, ageMs });
  const routine = (ageMs: number): RunChange => conclude(agent, { ...fresh, ageMs }, { state: 'slow' });
  it('holds tiers 2 and 3 from the configured age on, tier 1 after a minute, and a brief never', () => {
    expect(consequential(4999).state.state).toBe('waiting');
    expect(consequential(5001).state).toMatchObject({ state: 'running', held: expect.any(String) as string });
    expect(consequential(5001).facts.map((fact) => fact.record)).toEqual(['intelligence', 'run']);
    expect(routine(59_000).state.state).toBe('waiting');
    expect(routine(61_000).state.state).toBe('running');
    expect(routine(Number.POSITIVE_INFINITY).state.state).toBe('running');
  });
  it('what was held is proposed once, when the view is fresh, and not where a stop came meanwhile', () => {
    const { state } = consequential(5001);
    expect(releaseHeld(state, { ...fresh, ageMs: 6000 }, 0, now)).toBe('unchanged');
    const released = releaseHeld(state, fresh, 0, now + 1) as RunChange;
    expect(proposalsIn(released)).toEqual(proposalsIn(conclude()));
    expect(releaseHeld(released.state, fresh, 0, now + 2)).toBe('unchanged');
    expect(releaseHeld(state, stopped({ kind: 'tool', name: 'http.request' }), 0, now)).toMatchObject({ state: { state: 'stopped' } });
  });
});

describe('a waiting run', () => {
  const waiting = conclude().state;
  const [tell, restart] = proposalsIn(conclude()) as [ProposalMade, ProposalMade];
  const outcome = ({ action }: ProposalMade, result: 'succeeded' | 'failed' | 'unknown') => ({ actionId: action.actionId, result, code: 'done', tool: action.tool, operation: action.operation, digest: 'A'.repeat(43) });
  const at = new Date(now).toISOString();
  it('ends with the last outcome or refusal, in any order, and takes each once', () => {
    const one = onOutcome(waiting, outcome(tell, 'succeeded'), at) as RunChange;
    expect(one.state).toMatchObject({ state: 'waiting', version: 2, open: [{ actionId: restart.action.actionId }] });
    expect(onOutcome(one.state, outcome(tell, 'succeeded'), at)).toBe('unchanged');
    const two = onDecision(one.state, { result: 'expired', code: 'expired', action: restart.action }, at) as RunChange;
    expect(two.state).toMatchObject({ state: 'completed', version: 3, open: [] });
    expect(onOutcome(two.state, outcome(restart, 'failed'), at)).toBe('unchanged');
  });
  it('goes on waiting while an outcome is unknown, and writes nothing for a permit', () => {
    expect(onOutcome(waiting, outcome(tell, 'unknown'), at)).toMatchObject({ state: { state: 'waiting', open: waiting.open } });
    expect(onDecision(waiting, { result: 'permitted', code: 'automatic', action: tell.action }, at)).toBe('unchanged');
  });
  it('ends at its deadline, and nothing that comes later changes it', () => {
    expect(onDeadline(waiting, waiting.deadlineAt - 1)).toBe('unchanged');
    const late = onDeadline(waiting, waiting.deadlineAt) as RunChange;
    expect(late.state.state).toBe('expired');
    expect(onOutcome(late.state, outcome(tell, 'succeeded'), at)).toBe('unchanged');
    expect(onDeadline(late.state, waiting.deadlineAt + 1)).toBe('unchanged');
  });
  it('of which nothing is known ignores what comes', () => {
    expect(onOutcome(undefined, outcome(tell, 'succeeded'), at)).toBe('unchanged');
    expect(onDecision(undefined, { result: 'refused', code: 'x', action: tell.action }, at)).toBe('unchanged');
  });
});

describe('a run that a model is asked about', () => {
  const asking = agentOf({ 'agent.yaml': manifest.replace('{mode: rules, rules: ./rules.yaml}', '{mode: llm, model: desk, prompt: ./p.md, output: ./o.json, rules: ./rules.yaml, fallback: rules}'), './p.md': 'Think.', './o.json': '{"type":"object","additionalProperties":false,"properties":{}}' });
  const asked = askedRun(runOf(asking, signal, now), trigger, undefined, 'a', now, 7000).state;
  const answer = { text: 'x', sha256: 'A'.repeat(43), model: 'm', inputTokens: 5, outputTokens: 6 };
  const thought = { by: 'model' as const, conclusion: { nothing: 'nothing to say' }, wanted: [] };
  it('is taken over only when its lease has ended, and each take-over counts as a call', () => {
    expect(takeOver(asked, 'b', now + 6999, 7000)).toBe('unchanged');
    const taken = takeOver(asked, 'b', now + 7000, 7000) as RunChange;
    expect(taken.state).toMatchObject({ lease: { holder: 'b', epoch: 2 }, question: { calls: 2 } });
  });
  it('what the former holder brings later changes nothing', () => {
    const taken = (takeOver(asked, 'b', now + 7000, 7000) as RunChange).state;
    expect(concludedByModel(asking, taken, 1, answer, thought, fresh, now + 7001)).toBe('unchanged');
    expect(refusedAnswer(taken, 1, answer, ['x'], now + 7001)).toBe('unchanged');
    expect(fellBack(asking, taken, 1, 'x', 'y', fresh, now + 7001)).toBe('unchanged');
    const done = concludedByModel(asking, taken, 2, answer, thought, fresh, now + 7002) as RunChange;
    expect(done.state).toMatchObject({ state: 'completed', answers: [answer] });
    expect(isOver(done.state) && done.state.question === undefined && done.state.lease === undefined).toBe(true);
    expect(concludedByModel(asking, done.state, 2, answer, thought, fresh, now + 7003)).toBe('unchanged');
  });
  it('a stop ends it before the answer is used; the answer stays in the journal', () => {
    const change = concludedByModel(asking, asked, 1, answer, thought, stopped({ kind: 'all' }), now) as RunChange;
    expect(change.state).toMatchObject({ state: 'stopped', answers: [answer] });
  });
});

describe('memory', () => {
  const memory = (add: string) => ({ key: 'k', observe: (state: unknown) => ({ state: { seen: [...((state as { seen: string[] } | undefined)?.seen ?? []), add] }, verdict: ((state as { seen: string[] } | undefined)?.seen ?? []).length }) });
  it('a signal that comes again gets the verdict that it had, though more has been seen since', () => {
    let state = remember(undefined, memory('a'), { eventId: 'a', at: 1 });
    state = remember(state, memory('b'), { eventId: 'b', at: 2 });
    expect(remember(state, memory('a'), { eventId: 'a', at: 1 })).toBe(state);
    expect(verdictOn(state, memory('a'), 'a')).toBe(0);
    expect(verdictOn(state, memory('b'), 'b')).toBe(1);
  });
  it('keys of any text make ids that a store takes', () => {
    expect(memoryId('t', 'a', '../../x y\u0000')).toMatch(/^t\/a\/[\w-]{22}$/);
  });
});

describe('publication', () => {
  const candidate = (version: string, digest: string) => ({ manifest: { metadata: { name: 'watch', version, owner: 'group:ops' } }, digest, published: {} }) as unknown as Parameters<typeof publicationOf>[1];
  const inForce = { name: 'watch', version: '1.9.0', digest: 'x', recordVersion: 3 };
  it.each([
    ['the same', '1.9.0', 'x', 'in_force'],
    ['the same number with other bytes', '1.9.0', 'y', 'version_reused'],
    ['an older number', '1.8.9', 'y', 'older'],
    ['a newer number', '1.10.0', 'y', 'publish'],
  ])('%s', (_, version, digest, kind) => {
    expect(publicationOf(inForce, candidate(version, digest), 3).kind).toBe(kind);
  });
  it('record versions grow also where the document was lost', () => {
    expect(publicationOf(undefined, candidate('1.0.0', 'y'), 9)).toMatchObject({ agent: { recordVersion: 10 } });
  });
  it('versions are compared as numbers', () => {
    expect(compareVersions('1.10.0', '1.9.9')).toBeGreaterThan(0);
  });
});

describe('triggers', () => {
  it.each([
    [{}, true],
    [{ kind: 'cloudevent' }, true],
    [{ kind: 'feed.item' }, false],
    [{ source: 'other' }, false],
    [{ origin: { ...signal.data.origin, type: 'chatter' } }, false],
  ])('%j starts the agent: %s', (changes, expected) => {
    expect(isTriggeredBy(agent, { ...signal.data, ...changes })).toBe(expected);
  });
});
