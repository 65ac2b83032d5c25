/** Pace of drawing: while the map moves, so many points that frames stay quick; all of them once it rests. No DOM. */

/** Milliseconds between frames above which fewer points are drawn, and below which more. */
const SLOW = 28;
const QUICK = 20;
/** Milliseconds without a move after which all points are drawn. */
export const REST = 160;
/** Milliseconds without a move that are no frame. */
const PAUSE = 1500;
/** Smallest share of the points. */
const LEAST = 1 / 32;

export class Pace {
  share = 1;
  last = -Infinity;
  /** Whether the frame before was slow: a single one may be a pause of the person. */
  wasSlow = false;

  /** The share of the points to draw in a frame of a moving map. @param {number} now milliseconds @returns {number} */
  moving(now) {
    const between = now - this.last, isSlow = between > SLOW && between < PAUSE;
    this.last = now;
    if (isSlow && this.wasSlow) this.share = Math.max(LEAST, this.share * Math.max(0.4, SLOW / between));
    else if (between < QUICK) this.share = Math.min(1, this.share * 1.05);
    this.wasSlow = isSlow;
    return this.share;
  }
}

/** Indexes of points in an order of which every beginning is an even sample; marked ones come last.
 * @param {Uint8Array} marked @returns {Uint32Array} */
export function sampleOrder(marked) {
  const plain = [], last = [];
  marked.forEach((mark, index) => (mark ? last : plain).push(index));
  let state = 1;
  for (let place = plain.length - 1; place > 0; place--) {
    state = (state * 48271) % 2147483647; // the same order for the same map
    const other = state % (place + 1);
    [plain[place], plain[other]] = [plain[other], plain[place]];
  }
  return Uint32Array.from([...plain, ...last]);
}
