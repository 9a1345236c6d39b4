// SPDX-License-Identifier: Apache-2.0
import { type AdapterName, declaredFeatures, type MessagingFeature, messagingFeatures } from '@nervus/testing/features';

const adapters = Object.keys(declaredFeatures) as AdapterName[];

/** The table of what each adapter declares, as it stands in docs/messaging-clients.md; reasons below it. */
export function featureMatrix(): string {
  const features = Object.keys(messagingFeatures) as MessagingFeature[];
  const rows = features.map((feature) => `| ${messagingFeatures[feature]} | ${adapters.map((adapter) => (declaredFeatures[adapter][feature] === true ? 'yes' : 'no')).join(' | ')} |`);
  const reasons = adapters.flatMap((adapter) => features.filter((feature) => declaredFeatures[adapter][feature] !== true).map((feature) => `- ${adapter}, ${feature}: ${String(declaredFeatures[adapter][feature])}`));
  return [`| | ${adapters.join(' | ')} |`, `|---|${adapters.map(() => '---|').join('')}`, ...rows, '', 'Why not:', ...reasons].join('\n');
}
