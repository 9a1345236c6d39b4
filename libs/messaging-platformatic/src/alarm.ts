// SPDX-License-Identifier: Apache-2.0

/** A wait that can be ended early. One who rings while nobody waits ends the next wait. */
export class Alarm {
  #wake: (() => void) | undefined;
  #rung = false;

  ring(): void {
    if (this.#wake) this.#wake();
    else this.#rung = true;
  }

  /** @param ms without it: until somebody rings */
  wait(ms?: number): Promise<void> {
    if (this.#rung || (ms !== undefined && ms <= 0)) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake?.(), ms);
      this.#wake = () => {
        this.#wake = undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
