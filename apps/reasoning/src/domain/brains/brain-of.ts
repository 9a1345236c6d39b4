// SPDX-License-Identifier: Apache-2.0
import { type Agent, defaultInputBytes } from '@nervus/agent-manifest';
import type { RulesBrain } from './brain.js';
import { demandForecast } from './demand-forecast/demand-forecast.js';
import { marketNews } from './market-news/market-news.js';
import { marketRisk } from './market-risk/market-risk.js';
import { signalRulesBrain } from './signal-rules.js';

/** The rules brain of an agent; undefined where its manifest names no rules. */
export function rulesBrainOf(agent: Pick<Agent, 'rules' | 'watchList' | 'manifest'>): RulesBrain | undefined {
  const { rules, watchList } = agent;
  switch (rules?.kind) {
    case 'NewsRules':
      return marketNews(rules, watchList ?? { apiVersion: 'nervus.dev/v1', kind: 'WatchList', entities: [] }, agent.manifest.spec.guardrails?.input?.maxBytes ?? defaultInputBytes);
    case 'SignalRules':
      return signalRulesBrain(rules);
    case 'RiskRules':
      return marketRisk(rules);
    case 'ForecastRules':
      return demandForecast(rules);
    case undefined:
      return undefined;
  }
}
