/** While another page is on its way no verdict counts: it would fall on an image that nobody has seen. What was pressed
 * meanwhile is not kept for later either, but said. Steps to another place are kept and made in their order. No DOM. */

export class Turning {
  /** @param {(sentence: string) => void} say */
  constructor(say) {
    this.say = say;
    this.pages = 0;
    this.missed = 0;
    /** @type {(() => void)[]} */
    this.later = [];
  }

  get isOn() {
    return this.pages > 0;
  }

  /** Until the work is done and painted. @param {() => Promise<void>} work */
  async during(work) {
    if (!this.pages++) this.missed = 0;
    try {
      await work();
    } finally {
      this.pages--;
      while (!this.isOn && this.later.length) this.later.shift()?.();
    }
  }

  /** Now, or in its turn once no page is on its way. @param {() => void} act */
  after(act) {
    if (this.isOn || this.later.length) this.later.push(act);
    else act();
  }

  /** A verdict was asked for; answers whether it can be given. */
  admits() {
    if (!this.isOn) return true;
    this.missed++;
    this.say(`The page was turning: ${this.missed} ${this.missed === 1 ? "key was" : "keys were"} not used.`);
    return false;
  }
}
