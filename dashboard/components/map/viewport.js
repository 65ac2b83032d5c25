/** Viewport of the map: which part of the plane is shown, and where a point is on the screen. No DOM. */

/** Largest enlargement of the whole map. */
const MAX_ZOOM = 400;
/** Share of the window that the whole map leaves free at each side. */
const MARGIN = 0.04;

export class Viewport {
  /** @param {Float32Array} x @param {Float32Array} y coordinates of all points, which it shows at first */
  constructor(x, y) {
    const [left, right] = extent(x), [bottom, top] = extent(y);
    this.middle = { x: (left + right) / 2, y: (bottom + top) / 2 };
    this.span = { x: Math.max(right - left, 1e-9), y: Math.max(top - bottom, 1e-9) };
    this.width = this.height = 1;
    this.zoom = 1;
    this.center = { ...this.middle };
  }

  /** CSS pixels per unit. */
  get scale() {
    const free = 1 - 2 * MARGIN;
    return this.zoom * Math.min((this.width * free) / this.span.x, (this.height * free) / this.span.y);
  }

  resize(width, height) {
    Object.assign(this, { width: Math.max(1, width), height: Math.max(1, height) });
  }

  reset() {
    this.zoom = 1;
    this.center = { ...this.middle };
  }

  /** The place of a point in CSS pixels. @returns {[number, number]} */
  toScreen(x, y) {
    return [this.width / 2 + (x - this.center.x) * this.scale, this.height / 2 - (y - this.center.y) * this.scale];
  }

  /** The point at a place in CSS pixels. @returns {[number, number]} */
  toPlane(left, top) {
    return [this.center.x + (left - this.width / 2) / this.scale, this.center.y - (top - this.height / 2) / this.scale];
  }

  /** Move the map by CSS pixels. */
  pan(right, down) {
    this.center.x -= right / this.scale;
    this.center.y += down / this.scale;
  }

  /** Enlarge about a place that stays where it is. @param {number} factor @param {number} left @param {number} top */
  zoomAt(factor, left, top) {
    const [x, y] = this.toPlane(left, top);
    this.zoom = Math.min(MAX_ZOOM, Math.max(0.5, this.zoom * factor));
    const [nowX, nowY] = this.toPlane(left, top);
    this.center.x += x - nowX;
    this.center.y += y - nowY;
  }

  /** Factor and shift from a point to WebGL's [-1, 1]. @returns {[number, number, number, number]} */
  get clip() {
    const sx = (2 * this.scale) / this.width, sy = (2 * this.scale) / this.height;
    return [sx, sy, -this.center.x * sx, -this.center.y * sy];
  }
}

/** @param {Float32Array} values @returns {[number, number]} lowest and highest; 0 without values */
function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}
