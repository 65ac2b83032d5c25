/** Index of the points by cells of the plane: the nearest point, and the points inside an outline. No DOM. */

const CELLS = 256;

export class PointIndex {
  /** @param {Float32Array} x @param {Float32Array} y */
  constructor(x, y) {
    this.x = x;
    this.y = y;
    this.left = low(x);
    this.bottom = low(y);
    this.cellX = Math.max(1e-12, (high(x) - this.left) / CELLS);
    this.cellY = Math.max(1e-12, (high(y) - this.bottom) / CELLS);
    const cells = Uint32Array.from(x, (value, index) => this._cell(value, y[index]));
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    for (const cell of cells) this.starts[cell + 1]++;
    for (let cell = 0; cell < CELLS * CELLS; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.points = new Uint32Array(x.length);
    cells.forEach((cell, index) => { this.points[next[cell]++] = index; });
  }

  /** The nearest point within a radius in the plane; -1 where there is none.
   * @param {(index: number) => boolean} isShown */
  nearest(x, y, radius, isShown) {
    let best = -1, least = radius * radius;
    this._eachIn(x - radius, y - radius, x + radius, y + radius, (index) => {
      const distance = (this.x[index] - x) ** 2 + (this.y[index] - y) ** 2;
      if (distance <= least && isShown(index)) [best, least] = [index, distance];
    });
    return best;
  }

  /** The points inside a closed outline. @param {[number, number][]} outline @param {(index: number) => boolean} isShown
   * @returns {number[]} */
  inside(outline, isShown) {
    const found = [];
    if (outline.length < 3) return found;
    const xs = outline.map(([x]) => x), ys = outline.map(([, y]) => y);
    this._eachIn(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (index) => {
      if (isShown(index) && isInside(this.x[index], this.y[index], outline)) found.push(index);
    });
    return found.sort((one, other) => one - other);
  }

  _eachIn(left, bottom, right, top, visit) {
    const [from, to] = [this._column(left), this._column(right)];
    for (let row = this._row(bottom); row <= this._row(top); row++) {
      const start = this.starts[row * CELLS + from], end = this.starts[row * CELLS + to + 1];
      for (let place = start; place < end; place++) visit(this.points[place]);
    }
  }

  _cell(x, y) {
    return this._row(y) * CELLS + this._column(x);
  }

  _column(x) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((x - this.left) / this.cellX)));
  }

  _row(y) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((y - this.bottom) / this.cellY)));
  }
}

/** Whether a point is inside a closed outline (even-odd rule). @param {[number, number][]} outline */
export function isInside(x, y, outline) {
  let result = false;
  for (let index = 0, before = outline.length - 1; index < outline.length; before = index++) {
    const [x1, y1] = outline[index], [x2, y2] = outline[before];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) result = !result;
  }
  return result;
}

const low = (values) => values.reduce((one, other) => Math.min(one, other), Infinity);
const high = (values) => values.reduce((one, other) => Math.max(one, other), -Infinity);
