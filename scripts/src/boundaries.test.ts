// SPDX-License-Identifier: Apache-2.0
// The structure of the workspace as a test: who may depend on whom, and that nothing is imported undeclared.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
interface Package {
  readonly folder: string;
  readonly name: string;
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
}
const packages: Package[] = globSync(['libs/*/package.json', 'apps/*/package.json', 'apps/console/*/package.json', 'scripts/package.json', 'bench/package.json', 'e2e/package.json'], { cwd: root }).map((file) => {
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8'));
  return { folder: dirname(file), name: manifest.name, dependencies: new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies })), devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})) };
});
const byName = new Map(packages.map((candidate) => [candidate.name, candidate]));
const builtins = new Set(builtinModules);
const rootTools = new Set(['vitest', 'typescript', '@types/node']);

const sourcesOf = (of: Package): string[] => globSync(['src/**/*.{ts,tsx}', 'test/**/*.ts'], { cwd: join(root, of.folder) }).map((file) => join(root, of.folder, file));
const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file) || file.includes('/test/');

/** Module specifiers that a source names in import and export statements and dynamic imports. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const found = [...text.matchAll(/(?:^|[\s;}])(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]/g), ...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)];
  return found.map((match) => match[1] ?? '');
}
const packageOf = (specifier: string): string => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
const kindOf = (candidate: Package): 'lib' | 'app' | 'tool' => (candidate.folder.startsWith('libs/') ? 'lib' : candidate.folder.startsWith('apps/') ? 'app' : 'tool');

describe.each(packages.map((candidate) => [candidate.name, candidate] as const))('%s', (_, candidate) => {
  it('imports only what its package.json declares', () => {
    for (const file of sourcesOf(candidate)) {
      for (const specifier of importsOf(file)) {
        if (specifier.startsWith('.') || specifier.startsWith('node:') || builtins.has(specifier)) continue;
        const wanted = packageOf(specifier);
        const declared = candidate.dependencies.has(wanted) || wanted === candidate.name || (isTest(file) && (candidate.devDependencies.has(wanted) || rootTools.has(wanted) || wanted === '@nervus/testing')) || (kindOf(candidate) === 'tool' && rootTools.has(wanted));
        expect(declared, `${relative(root, file)} imports ${specifier}: declare ${wanted} in ${candidate.folder}/package.json`).toBe(true);
      }
    }
  });

  it('depends on no app, and as a lib on no tool', () => {
    for (const name of candidate.dependencies) {
      const target = byName.get(name);
      if (!target) continue;
      if (kindOf(candidate) === 'lib') expect(kindOf(target), `${candidate.name} -> ${name}`).toBe('lib');
      if (kindOf(candidate) === 'app') expect(kindOf(target), `${candidate.name} -> ${name}`).toBe('lib');
    }
  });

  it('never climbs out of its package by a relative import', () => {
    for (const file of sourcesOf(candidate)) {
      for (const specifier of importsOf(file)) {
        if (!specifier.startsWith('.')) continue;
        expect(resolve(dirname(file), specifier).startsWith(join(root, candidate.folder)), `${relative(root, file)} imports ${specifier}`).toBe(true);
      }
    }
  });

  it('has a project reference for each package of ours that it uses', () => {
    const config = JSON.parse(readFileSync(join(root, candidate.folder, 'tsconfig.json'), 'utf8'));
    const referenced = new Set((config.references ?? []).map((reference: { path: string }) => relative(root, resolve(root, candidate.folder, reference.path))));
    for (const name of candidate.dependencies) {
      const target = byName.get(name);
      if (target) expect(referenced.has(target.folder), `${candidate.folder}/tsconfig.json lacks ${target.folder}`).toBe(true);
    }
  });

  it('pins exact versions', () => {
    const manifest = JSON.parse(readFileSync(join(root, candidate.folder, 'package.json'), 'utf8'));
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) expect(version, `${candidate.name}: ${name}`).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('every source names its licence', () => {
    for (const file of sourcesOf(candidate)) expect(readFileSync(file, 'utf8').slice(0, 200), relative(root, file)).toContain('SPDX-License-Identifier: Apache-2.0');
  });
});

describe('who may touch what', () => {
  it('contracts and the pure libs depend on nothing of ours', () => {
    for (const name of ['@nervus/contracts', '@nervus/transparency-log', '@nervus/http-signatures', '@nervus/egress']) {
      expect([...(byName.get(name)?.dependencies ?? [])].filter((dependency) => byName.has(dependency)), name).toEqual([]);
    }
  });

  it('only messaging-*, the local launcher, the test library, the bare pipeline and the fault harness hold a Kafka client', () => {
    const holders = packages.filter((candidate) => candidate.dependencies.has('kafkajs') || candidate.dependencies.has('@platformatic/kafka')).map((candidate) => candidate.name);
    expect(holders.toSorted()).toEqual(['@nervus/bench', '@nervus/e2e', '@nervus/local-infrastructure', '@nervus/messaging-kafkajs', '@nervus/messaging-platformatic', '@nervus/testing']);
  });

  it('a domain imports nothing but contracts, trust, pure libs and itself', () => {
    const pure = new Set(['@nervus/contracts', '@nervus/trust', '@nervus/verifier', '@nervus/transparency-log', '@nervus/agent-manifest', '@nervus/sources']);
    const outside = new Set(['mongoose', 'undici', 'kafkajs', '@nervus/service-kit', '@nervus/messaging-mongo', '@nervus/messaging-nest', '@nervus/egress', '@nestjs/common']);
    for (const candidate of packages.filter((one) => kindOf(one) === 'app')) {
      for (const file of sourcesOf(candidate).filter((one) => one.includes('/src/domain/') && !isTest(one))) {
        for (const specifier of importsOf(file)) {
          const wanted = packageOf(specifier);
          expect(outside.has(wanted) || (wanted.startsWith('@nervus/') && !pure.has(wanted) && wanted !== '@nervus/messaging'), `${relative(root, file)} imports ${specifier}`).toBe(false);
        }
      }
    }
  });

  it('only adapters, messaging-mongo and egress open connections', () => {
    const allowed = (file: string): boolean => /\/adapters\/|libs\/(messaging-mongo|egress|service-kit|local-infrastructure|testing)\/|^(scripts|bench|e2e)\//.test(file);
    for (const candidate of packages) {
      for (const file of sourcesOf(candidate).filter((one) => !isTest(one))) {
        const place = relative(root, file);
        if (allowed(place)) continue;
        for (const specifier of importsOf(file)) expect(['mongoose', 'undici', 'mongodb'].includes(packageOf(specifier)), `${place} imports ${specifier}`).toBe(false);
      }
    }
  });

  it('the root references every package, or the build would leave one out', () => {
    const referenced = new Set(JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).references.map((reference: { path: string }) => reference.path));
    for (const candidate of packages) if (existsSync(join(root, candidate.folder, 'tsconfig.json'))) expect(referenced.has(candidate.folder), candidate.folder).toBe(true);
  });
});
