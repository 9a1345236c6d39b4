// SPDX-License-Identifier: Apache-2.0
// Loaded into a process by NODE_OPTIONS: the process replaces itself by the same one inside of a network namespace. It
// keeps its process number, so that whoever started it may signal it as before.
const namespace = process.env.FAULT_NAMESPACE;

if (namespace) {
  const { FAULT_NAMESPACE: _entered, ...environment } = process.env;
  process.execve('/usr/bin/env', ['env', 'ip', 'netns', 'exec', namespace, process.execPath, ...process.execArgv, ...process.argv.slice(1)], environment);
}
