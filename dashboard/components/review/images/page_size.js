/** Page size: as many images as the window shows at once, in one of four sizes. */

import { Debounce } from "../state/debounce.js";

/** Least width of a tile, gap between tiles and height below the picture, in CSS pixels. */
const SIZES = { large: [212, 8, 18], medium: [132, 8, 18], small: [92, 5, 18], tiny: [46, 3, 0] };
/** Names of the sizes, for the menu. @type {[string, string][]} */
export const SIZE_NAMES = [["large", "large"], ["medium", "medium"], ["small", "small"], ["tiny", "tiny"]];
/** Sizes by the number of images that old addresses name. */
const OF_COUNT = { 24: "large", 48: "medium", 96: "small", 200: "tiny" };
/** Images on a page: the server's limit, and a number without layout. */
const MOST = 200;
const USUAL = 48;
const STORED = "winnow-review-size";

/** Share of the height that may stay empty below the last row; tiles get smaller for less of it, to this share of their width. */
const MOST_EMPTY = 0.15, LEAST_SHARE = 0.85;

/** How tiles of a size fill a box. @param {string} size @param {number} width @param {number} height of the box, in CSS pixels
 * @returns {{count: number, tile: number}} tile: least width of one, for the grid */
export function arrangement(size, width, height) {
  const [least, gap, below] = SIZES[size];
  if (width < least || height <= 0) return { count: USUAL, tile: least };
  const first = Math.max(1, Math.floor((width + gap) / (least + gap))), last = Math.floor((width + gap) / (LEAST_SHARE * least + gap));
  const all = [];
  for (let columns = first; columns <= Math.max(first, last); columns++) {
    const tile = (width - (columns - 1) * gap) / columns, rows = Math.max(1, Math.floor((height + gap) / (tile + below + gap)));
    all.push({ count: Math.min(MOST, columns * rows), tile: columns === first ? least : Math.floor(tile), empty: 1 - (rows * (tile + below + gap) - gap) / height });
  }
  return all.find(({ empty, count }) => empty <= MOST_EMPTY || count === MOST) ?? all[0];
}

/** How many tiles of a size fit into a box. @param {string} size @param {number} width @param {number} height of the box, in CSS pixels */
export const capacity = (size, width, height) => arrangement(size, width, height).count;

export class PageSize {
  /** @param {{stage: HTMLElement, urlState: Record<string, string>, storage: Storage, onChange: (count: number) => void}} options
   *   stage: what holds the images; onChange: called when another number fits */
  constructor({ stage, urlState, storage, onChange }) {
    this.stage = stage;
    this.storage = storage;
    this.onChange = onChange;
    const stored = read(storage);
    const wanted = urlState.tiles ?? stored;
    /** A number of images that does not follow the window; null where it does. @type {number|null} */
    this.fixed = wanted in OF_COUNT ? Number(wanted) : null;
    this.size = this.fixed ? OF_COUNT[this.fixed] : [urlState.size, stored].find((name) => name in SIZES) ?? "medium";
    this.count = USUAL;
    this._style();
    this.fitting = new Debounce(200, () => this._fit());
    this.observer = new ResizeObserver(() => this.fitting.schedule());
  }

  /** The number of images that fit now; follows the window from now on. */
  start() {
    this.count = this._capacity();
    this.observer.observe(this.stage);
    return this.count;
  }

  /** Take another size, for this person from now on. @param {string} size */
  choose(size) {
    this.fixed = null;
    this.size = size;
    this._style();
    try { this.storage.setItem(STORED, size); } catch { /* private windows keep nothing */ }
    this._fit(true);
  }

  close() {
    this.fitting.cancel();
    this.observer.disconnect();
  }

  /** @returns {Record<string, string|number|null>} parameters in the URL */
  get urlState() {
    return { size: this.fixed || this.size === "medium" ? null : this.size, tiles: this.fixed && this.fixed !== read(this.storage) ? this.fixed : null };
  }

  /** Give the grid the measures that the count is made from. */
  _style() {
    const [tile, gap] = SIZES[this.size];
    this.stage.style.setProperty("--tile", `${tile}px`);
    this.stage.style.setProperty("--gap", `${gap}px`);
  }

  _capacity() {
    if (this.fixed) return this.fixed;
    const { count, tile } = arrangement(this.size, this.stage.clientWidth, this.stage.clientHeight);
    this.stage.style.setProperty("--tile", `${tile}px`);
    return count;
  }

  _fit(isForced = false) {
    const count = this._capacity();
    if (count === this.count && !isForced) return;
    this.count = count;
    this.onChange(count);
  }
}

function read(storage) {
  try {
    const stored = storage.getItem(STORED);
    return stored in OF_COUNT ? Number(stored) : stored;
  } catch {
    return null;
  }
}
