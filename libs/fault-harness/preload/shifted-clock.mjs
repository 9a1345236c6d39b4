// SPDX-License-Identifier: Apache-2.0
// Loaded into a process by NODE_OPTIONS: from then on `Date` is as many milliseconds ahead as the file says. Timers and
// performance.now() go on undisturbed, as they do when the clock of a machine is set. What is in force is written back.
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env.FAULT_CLOCK_FILE;
const lookEveryMs = 50;

if (file) {
  const RealDate = Date;
  const realNow = RealDate.now.bind(RealDate);
  let shift = 0;
  let inForce;

  const look = () => {
    let text;
    try {
      text = readFileSync(file, 'utf8').trim();
    } catch {
      return;
    }
    if (text === inForce || !/^-?\d+$/.test(text)) return;
    shift = Number(text);
    inForce = text;
    writeFileSync(`${file}.${process.pid}`, text);
  };
  look();
  setInterval(look, lookEveryMs).unref();

  RealDate.now = () => realNow() + shift;
  const now = () => [RealDate.now()];
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? now() : args, newTarget),
    apply: (target) => new target(RealDate.now()).toString(),
  });
  RealDate.prototype.constructor = globalThis.Date;
}
