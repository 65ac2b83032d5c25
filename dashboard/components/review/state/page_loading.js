/** Block decisions while a page is loading; run cursor moves afterwards. No DOM.
 *
 * A verdict given meanwhile would apply to an image that nobody has seen, so it is ignored and reported. */

export class PageLoading {
  /** @param {(message: string) => void} report */
  constructor(report) {
    this.report = report;
    this.numPages = 0;
    this.numIgnored = 0;
    /** @type {(() => void)[]} */
    this.queue = [];
  }

  get isOn() {
    return this.numPages > 0;
  }

  /** Block decisions until the work is done and painted. @param {() => Promise<void>} work */
  async during(work) {
    if (!this.numPages++) this.numIgnored = 0;
    try {
      await work();
    } finally {
      this.numPages--;
      while (!this.isOn && this.queue.length) this.queue.shift()?.();
    }
  }

  /** Act now, or in turn once no page is loading. @param {() => void} act */
  afterwards(act) {
    if (this.isOn || this.queue.length) this.queue.push(act);
    else act();
  }

  /** Whether a verdict can be given now; if not, reports the ignored key. */
  allowsVerdict() {
    if (!this.isOn) return true;
    this.numIgnored++;
    this.report(`The page was loading: ${this.numIgnored} ${this.numIgnored === 1 ? "key was" : "keys were"} ignored.`);
    return false;
  }
}
