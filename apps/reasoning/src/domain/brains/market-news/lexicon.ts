// SPDX-License-Identifier: Apache-2.0
// Words of direction, chosen for the meaning they have in business news, not tuned on any labelled set.

/** What a quantity's growth means for whom it belongs to. */
export const quantities: Readonly<Record<string, 1 | -1>> = {
  ...each(1, 'profit*', 'earnings', 'revenue*', 'sales', 'turnover', 'income', 'margin*', 'order*', 'demand', 'output', 'production', 'export*', 'growth', 'dividend*', 'ebit', 'ebitda', 'share price', 'shares', 'stock', 'market share', 'cash flow', 'capacity', 'investment*', 'confidence', 'reserves', 'deposits', 'liquidity', 'index', 'rating', 'outlook', 'guidance', 'traffic', 'volume*', 'operating result', 'bookings'),
  ...each(-1, 'loss', 'losses', 'deficit*', 'debt*', 'cost*', 'expense*', 'unemployment', 'layoffs', 'complaint*', 'delay*', 'claims', 'write-down*', 'impairment*', 'arrears', 'bad loans', 'non-performing loans', 'risk*', 'spread*', 'penalt*', 'shortage*', 'outflow*', 'withdrawals', 'churn'),
};

/** Movements: 1 up, -1 down. */
export const movements: Readonly<Record<string, 1 | -1>> = {
  ...each(1, 'rise', 'rises', 'rose', 'risen', 'rising', 'grow', 'grows', 'grew', 'grown', 'increase*', 'increasing', 'jump*', 'climb*', 'surge*', 'surging', 'gain', 'gains', 'gained', 'improve*', 'improving', 'widen*', 'expand*', 'recover', 'recovers', 'recovered', 'doubled', 'tripled', 'soar*', 'rallied', 'rallies', 'up by', 'is up', 'was up', 'up from', 'higher', 'lifted', 'raised', 'raises', 'advance', 'advanced', 'rebound*'),
  ...each(-1, 'fall', 'falls', 'fell', 'fallen', 'falling', 'drop', 'drops', 'dropped', 'decline*', 'declining', 'decrease*', 'decreasing', 'shrank', 'shrink*', 'shrunk', 'narrow', 'narrows', 'narrowed', 'slip*', 'plunge*', 'plunging', 'weaken*', 'contracted', 'halved', 'lower', 'lowered', 'lowers', 'sank', 'slump*', 'tumble*', 'eased', 'eases', 'reduced', 'reduces', 'is down', 'was down', 'down by', 'down from', 'dived', 'cut its', 'cuts its', 'slashed', 'slashes'),
};

/** What is good or bad without a quantity. */
export const judgements: Readonly<Record<string, 1 | -1>> = {
  ...each(1, 'strong', 'stronger', 'record high', 'record profit', 'better than', 'beat', 'beats', 'exceeded', 'exceeds', 'upgrade*', 'positive', 'successful', 'approved', 'approves', 'wins', 'won', 'awarded', 'secures', 'secured', 'back to profit', 'returned to profit', 'profitable', 'outperform*', 'upbeat', 'settled', 'resumes', 'resumed', 'restored', 'lifts guidance', 'raises guidance'),
  ...each(-1, 'weak', 'weaker', 'poor', 'worse than', 'miss', 'misses', 'missed', 'downgrade*', 'negative', 'insolven*', 'bankrupt*', 'fraud', 'lawsuit', 'probe', 'investigat*', 'fined', 'recall*', 'halt', 'halts', 'halted', 'suspend*', 'warns', 'warned', 'warning', 'collapse*', 'crisis', 'fails', 'failed', 'failure', 'strike', 'outage*', 'breach', 'sanction*', 'resigns', 'resigned', 'rejects', 'rejected', 'cuts guidance', 'profit warning'),
};

/** Turns the meaning of what follows within a few words. */
export const negations = ['not', 'no', 'never', 'without', 'neither', 'nor', "n't", 'denies', 'denied', 'deny', 'rules out', 'ruled out', 'unlikely to', 'avoid', 'avoids', 'avoided', 'averts', 'averted', 'fails to', 'failed to', 'refutes', 'dismisses', 'dismissed', 'nicht', 'kein', 'keine', 'ne', 'pas', 'no se', 'не', 'нет', 'опроверг*', '没有', '未', '否认', 'なかった', '否定', 'نفى', 'لم', 'לא', '않'];

/** Negations that stand behind what they deny: "a default was averted". */
export const trailingNegations = ['averted', 'avoided', 'ruled out', 'denied', 'off the table', 'not planned', 'was rejected', 'unfounded', 'ausgeschlossen', '否认', 'نفي'];

/** Makes what is said a possibility. */
export const hedges = ['may', 'might', 'could', 'would', 'reportedly', 'rumour*', 'rumor*', 'alleged*', 'possible', 'possibly', 'potential*', 'considering', 'considers', 'weighs', 'mulls', 'talks', 'speculation', 'expected to', 'likely', 'unconfirmed', 'said to', 'sources say', 'plans to', 'if', 'könnte*', 'angeblich', 'pourrait', 'podría', 'может', 'возможно', '可能', '据传', 'かもしれない', 'قد', 'עשוי'];

function each(sign: 1 | -1, ...words: string[]): Record<string, 1 | -1> {
  return Object.fromEntries(words.map((word) => [word, sign]));
}
