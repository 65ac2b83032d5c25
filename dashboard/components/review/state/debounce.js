/** Work that waits until the hand rests: each new wish starts the wait anew. */

export class Later {
  /** @param {number} delay milliseconds @param {() => void} work */
  constructor(delay, work) {
    this.delay = delay;
    this.work = work;
    this.isWanted = false;
  }

  /** Do it after the pause. */
  soon() {
    this.hold();
    this.isWanted = true;
    this.timer = setTimeout(() => this.now(), this.delay);
  }

  /** Stop the clock; what is wanted stays wanted. */
  hold() {
    clearTimeout(this.timer);
  }

  /** Do it at once where it is wanted. */
  now() {
    this.hold();
    if (!this.isWanted) return;
    this.isWanted = false;
    this.work();
  }

  /** Never mind. */
  drop() {
    this.hold();
    this.isWanted = false;
  }
}
