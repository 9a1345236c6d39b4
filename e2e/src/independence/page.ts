// SPDX-License-Identifier: Apache-2.0
import { allAspects, aspects, type Word, words } from './aspects.js';
import { documented } from './documented.js';
import { shareThatContinues, tailMs } from './judge.js';
import { inOrder } from './observations.js';

/** docs/independence.md, from the documented table. */
export function independencePage(): string {
  return `# When a service is away

<!-- Written by \`npm run test:independence -- --document\` from e2e/src/independence/documented.ts: change it there. -->

Each service starts, stops and scales alone. While one is away the others go on; what needs it waits and is done by itself when it is back. Nothing that was
acknowledged is lost, refused or done twice. This page says what to expect in each case, and \`npm run test:independence\` compares it with a running mesh.

${(Object.keys(words) as Word[]).map((word) => `- **${word}**: ${words[word]}.`).join('\n')}

${matrix()}

${inOrder.map(sectionOf).join('\n\n')}

## What no minute shows

- **approval**: an action of tier 1 is held when the last pulse is older than a minute, one of tier 0 never is. Permits of tier 0 and 1 live five minutes at most, those of tier 2 and 3
  fifteen: an automatic one that runs out is given back and ruled on again, one that people gave expires.
- **identity**: a workload key lives an hour and is renewed after half of it. A service whose key has ended keeps running and publishes nothing until identity is back.
- **audit** is one writer: it scales up, not out. What waits for it is bounded by how long Kafka keeps records, a day for the shortest (answers and credentials):
  after twelve hours without a sign of it (\`NERVUS_AUDIT_SILENT_MINUTES\`) action holds everything.
- **Broker or database** away is another matter: then everybody waits.

## How it is measured

\`\`\`sh
npm run test:independence -- --json
\`\`\`

The seven services run as processes under a steady load of signed webhooks, 12 a second, a quarter of them consequential (\`--rate\`); a person orders something at the console every six
seconds. One service after the other is ended with \`kill -9\` (\`--signal SIGTERM\` for an orderly end), stays away for a minute (\`--seconds\`, 50 or more), and is started again.

- Only what was asked for during the absence counts. It **continues** when at least ${shareThatContinues * 100} % of what was asked for until ${tailMs / 1000} s before its end was done before its end; it **queues** when none of it
  was, and all of it was done afterwards. No figure depends on how fast the machine is.
- Before **ingestion** goes, reasoning is frozen for six seconds, so that there are acknowledged events that nobody has thought about; what becomes of these is what counts.
- Before **approval** goes, audit is frozen, so that there are permits in hand. That they are held is seen in action's own count of it; then audit goes on, and still none of them is used.
- Where seconds stand, they are those into the absence at which the last one was done, and for permits in hand at which the first one was held. They are compared with the band that
  stands here and with nothing narrower.
- At the end every accepted event must have had its one effect, no record may be dead-lettered or quarantined, no other process may have ended, and the copied audit log must verify.

## Misbehaving neighbours

A tool that fails or takes seconds holds up the runs that use it and nobody else's: calls wait in the process without keeping the records of others, and a target that goes on failing is
left alone for a while. The same command measures it: with the same load in quiet and noisy windows in turn, in noisy ones one agent's target answers 500 and another's after five
seconds. The 99th percentile of the other agents' time from event to effect may not grow by more than a fifth.

## Replacing and scaling

Every service but audit is replaced with the new process started and ready before the old one is told to stop, as a Deployment with \`maxUnavailable: 0\` does it; any number of processes may
be added and taken away. audit is stopped first, because its log has one writer. Its successor reads the whole log before it goes on, a few seconds for each ten thousand entries on a busy
machine, and consequential actions wait for it meanwhile.

\`\`\`sh
npm run test:rolling -- --json                            # 100 events a second, kafkajs
npm run test:rolling -- --client platformatic --json
\`\`\`

replaces the process of each service in turn under load, and fails when an event is lost or done twice, when a process ends with an error, when the log does not verify, or when nothing was
handled for longer than three seconds (kafkajs) or one (platformatic). [What the clients do differently](messaging-clients.md).
`;
}

function matrix(): string {
  const rows = allAspects.map((aspect) => `| ${aspects[aspect]} | ${inOrder.map((service) => documented[service].rows[aspect]?.is ?? '–').join(' | ')} |`);
  return [`| away: | ${inOrder.join(' | ')} |`, `|---|${inOrder.map(() => '---').join('|')}|`, ...rows].join('\n');
}

function sectionOf(service: (typeof inOrder)[number]): string {
  const { summary, rows } = documented[service];
  const lines = allAspects.flatMap((aspect) => {
    const row = rows[aspect];
    if (!row || (row.is === 'continues' && !row.because.startsWith('for '))) return [];
    const when = row.afterSeconds ? ` (between ${row.afterSeconds[0]} and ${row.afterSeconds[1]} s)` : '';
    return [`- ${aspects[aspect]}: **${row.is}**${when}, ${row.because}.`];
  });
  return `## ${service}\n\n${summary}\n\n${lines.join('\n')}`;
}
