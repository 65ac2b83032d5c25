/** Statistics of histograms: exact counts at every bin edge, and the Clopper–Pearson interval. No DOM. */

/** Sums of the bins from each bin on; the last entry is 0.
 * @param {number[]} counts @returns {Float64Array} length counts.length + 1 */
export function suffixSums(counts) {
  const sums = new Float64Array(counts.length + 1);
  for (let bin = counts.length - 1; bin >= 0; bin--) sums[bin] = sums[bin + 1] + counts[bin];
  return sums;
}

/** Sum of the rows. @param {number[][]} rows (K, bins) @returns {number[]} (bins,) */
export function sumRows(rows) {
  const total = new Array(rows[0]?.length ?? 0).fill(0);
  for (const row of rows) for (let bin = 0; bin < row.length; bin++) total[bin] += row[bin];
  return total;
}

/** Exact 95 % interval of count / n (Clopper and Pearson 1934); [0, 1] for n = 0.
 * @param {number} count @param {number} n @returns {[number, number]} */
export function clopperPearson(count, n, level = 0.95) {
  if (n === 0) return [0, 1];
  const tail = (1 - level) / 2;
  const low = count === 0 ? 0 : betaQuantile(tail, count, n - count + 1);
  const high = count === n ? 1 : betaQuantile(1 - tail, count + 1, n - count);
  return [low, high];
}

/** The x at which the regularised incomplete beta function reaches p, by bisection. */
function betaQuantile(p, a, b) {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22, Lentz's method). */
export function incompleteBeta(x, a, b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, tiny);
    c = nonZero(1 + even / c, tiny);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, tiny);
    c = nonZero(1 + odd / c, tiny);
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-12) break;
  }
  return front * fraction;
}

function nonZero(value, tiny) {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Natural logarithm of the gamma function for x > 0 (Stirling's series after shifting x above 7). */
export function logGamma(x) {
  let shift = 0;
  let y = x;
  while (y < 7) shift -= Math.log(y++);
  const inverse = 1 / (y * y);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / y;
  return shift + (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series;
}

/** @param {Record<string, number[]>} verdicts rows of the histogram by verdict @param {number} bins
 * @returns {number[]} open images in each bin: undecided or skipped */
function openCounts(verdicts, bins) {
  const rows = ["undecided", "skip"].map((name) => verdicts[name]).filter(Boolean);
  return rows.length ? sumRows(rows) : new Array(bins).fill(0);
}

/** Error among the calibration items that are kept, with its 95 % interval. @param {number} wrong @param {number} right */
export function errorEstimate(wrong, right) {
  const n = wrong + right;
  const [low, high] = clopperPearson(wrong, n);
  return { wrong, n, error: n ? wrong / n : NaN, low, high };
}

/** Counts at each bin edge: bins at or above it are kept (confidence, margin) or bins below it (entropy).
 * @param {object} data response of the histogram route @returns {(edge:number) => {kept:number, open:number,
 *   perClass:number[], wrong:number, n:number, error:number, low:number, high:number, coverage:number}} */
export function thresholdCounter(data) {
  const isBelow = data.score === "entropy";
  const all = data.counts.map(suffixSums);
  const [open, right, wrong] = [openCounts(data.verdicts, data.bins), data.right, data.wrong].map(suffixSums);
  const take = (row, edge) => (isBelow ? row[0] - row[edge] : row[edge]);
  return (edge) => {
    const perClass = all.map((row) => take(row, edge));
    const kept = perClass.reduce((sum, count) => sum + count, 0);
    return { kept, open: take(open, edge), perClass, ...errorEstimate(take(wrong, edge), take(right, edge)), coverage: kept / Math.max(1, data.total) };
  };
}

/** Counts added up to fewer, wider bins. @param {number[]} counts @param {number} numBins */
export function rebinned(counts, numBins) {
  const sums = new Array(numBins).fill(0);
  counts.forEach((count, bin) => { sums[Math.floor((bin * numBins) / counts.length)] += count; });
  return sums;
}
