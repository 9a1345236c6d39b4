// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTrustBundle } from '@nervus/trust';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleAction, samplePolicy } from '../testing/sample-actions.js';
import { SampleLog } from '../testing/sample-log.js';
import { SampleMesh } from '../testing/sample-mesh.js';
import { writeFolder } from '../testing/write-folder.js';
import { verifyFolder } from './verify-folder.js';

describe('a log in a folder', () => {
  let root: string;
  const mesh = new SampleMesh();
  const sample = new SampleLog();
  const at = (name: string): string => join(root, name);

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'nervus-verify-'));
    await sample.append([...mesh.start(), ...samplePolicy(mesh), ...sampleAction(mesh, 1, 2).records]);
    await writeFolder(at('log'), sample.files);
    await writeFile(at('trust.json'), formatTrustBundle(mesh.trust));
    await writeFile(at('policy'), sample.policyText);
    await writeFile(at('log/trust.json'), formatTrustBundle(mesh.trust));
    await writeFile(at('log/policy'), sample.policyText);
    await symlink(at('log/trust.json'), at('linked-trust.json'));
  });
  afterAll(() => rm(root, { recursive: true }));

  it('is VERIFIED with trust from outside of it, and with a checkpoint that was kept', async () => {
    expect(await verifyFolder({ log: at('log'), policyFile: at('policy'), trustFile: at('trust.json') })).toMatchObject({ verdict: 'VERIFIED', incomplete: [], violations: [] });
    await writeFile(at('kept'), sample.files.get('checkpoint')!);
    expect(await verifyFolder({ log: at('log'), policyFile: at('policy'), trustFile: at('trust.json'), checkpointFile: at('kept') })).toMatchObject({ verdict: 'VERIFIED' });
  });

  it.each(['log/trust.json', 'linked-trust.json'])('is INCOMPLETE with trust from inside of it (%s)', async (trustFile) => {
    const report = await verifyFolder({ log: at('log'), policyFile: at('policy'), trustFile: at(trustFile) });
    expect([report.verdict, report.incomplete.map(({ code }) => code)]).toEqual(['INCOMPLETE', ['trust_inside_log', 'trust_missing']]);
  });

  it('is INCOMPLETE with the policy that came with it, without any, or with something else', async () => {
    for (const [policyFile, code] of [[at('log/policy'), 'policy_inside_log'], [undefined, 'policy_missing'], [at('trust.json'), 'policy_malformed']] as const) {
      const report = await verifyFolder({ log: at('log'), policyFile, trustFile: at('trust.json') });
      expect(report.verdict).toBe('INCOMPLETE');
      expect(report.incomplete.map((shortfall) => shortfall.code)).toContain(code);
    }
  });

  it('a file that does not exist is an error of its own, not a verdict', async () => {
    await expect(verifyFolder({ log: at('nowhere'), policyFile: at('policy'), trustFile: at('trust.json') })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
