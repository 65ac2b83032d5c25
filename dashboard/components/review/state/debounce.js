/** Debounce: do work after a pause; each new request starts the pause again. */

export class Debounce {
  /** @param {number} delay milliseconds @param {() => void} work */
  constructor(delay, work) {
    this.delay = delay;
    this.work = work;
    this.isPending = false;
  }

  /** Do the work after the pause. */
  schedule() {
    this.pause();
    this.isPending = true;
    this.timer = setTimeout(() => this.flush(), this.delay);
  }

  /** Stop the clock; pending work stays pending. */
  pause() {
    clearTimeout(this.timer);
  }

  /** Do pending work at once. */
  flush() {
    this.pause();
    if (!this.isPending) return;
    this.isPending = false;
    this.work();
  }

  /** Forget pending work. */
  cancel() {
    this.pause();
    this.isPending = false;
  }
}
