/** Client of the server's routes: each method returns plain data or throws an Error whose message is a sentence. */

/** @typedef {{id:number, rank:number, name:string, suggestion:number, confidence:number, entropy:number,
 *   margin:number, top:[number, number][], verdict:string, label:number|null, why:string, planted?:string, stack?:number, before?:number,
 *   note?: Remark|null, flag?: Remark|null}} Card */
/** @typedef {{id: number, reviewer: string, time: string, text: string}} Remark a note at an image, or a flag on it */

/** Milliseconds after which a question counts as unanswered; the server computes some pages for 20 seconds. */
const LONGEST_WAIT = 30_000;
/** The same for a search for words, whose first one starts the text tower. */
const LONGEST_SEARCH = 120_000;

export class Api {
  /** @param {{project: string, run: string, fingerprint: string}} data @param {{name: string}} reviewer attention checks are per reviewer */
  constructor({ project, run, fingerprint }, reviewer) {
    this.reviewer = reviewer;
    this.base = `/winnow/${encodeURIComponent(project)}`;
    this.useVersion(run);
    this.version = fingerprint.slice(0, 8);
    /** Run or version whose check was asked for, and the answer. @type {string|null} */
    this.checkedRun = null;
    /** @type {Promise<any>|null} */
    this.check = null;
  }

  /** Ask for what a run, or one of its model versions, suggests. @param {string} runId */
  useVersion(runId) {
    this.runId = runId;
    this.run = `${this.base}/runs/${encodeURIComponent(runId)}`;
  }

  /** The state of the live model. */
  live() {
    return get(`${this.run}/live`);
  }

  /** Fit the live model again on all decisions so far. */
  refreshLive() {
    return bodyOf(fetch(`${this.run}/live`, posted({})));
  }

  /** Add a class to the project. @param {string} name @returns {Promise<{classes: string[], label: number}>} */
  addClass(name) {
    return bodyOf(fetch(`${this.base}/classes`, posted({ name, reviewer: this.reviewer.name })));
  }

  /** Names and appearance of the classes; without names where the version is still the same. @param {string} known
   * @returns {Promise<{classes?: string[], appearance: any}>} */
  classes(known) {
    return get(`${this.base}/classes`, { known });
  }

  /** One page of cards. @param {Record<string, string|number|null>} query */
  page(query) {
    return get(`${this.run}/page`, { ...query, reviewer: this.reviewer.name }, query.words ? LONGEST_SEARCH : LONGEST_WAIT);
  }

  /** @param {string} score confidence, entropy or margin */
  histogram(score) {
    return get(`${this.run}/histogram`, { score });
  }

  /** The possible thresholds around a value of a score, and the images nearest to it. */
  border(score, value) {
    return get(`${this.run}/border`, { score, value });
  }

  /** Store a batch of commands. @param {object} batch @param {boolean} isLast the page is being closed */
  commands(batch, isLast = false) {
    return bodyOf(fetch(`${this.run}/commands`, posted(batch, isLast)));
  }

  /** Hide images of the project. @param {number[]} images @param {string} reason
   * @returns {Promise<{change: number|null, hidden: number[]}>} change: null where all were hidden before */
  hideImages(images, reason) {
    return bodyOf(fetch(`${this.base}/hidden`, { ...posted({ images, reason, reviewer: this.reviewer.name }), signal: AbortSignal.timeout(LONGEST_WAIT) }));
  }

  /** Take back a change of hidden images. @param {number} change @returns {Promise<{images: number[]}>} that it was about */
  undoHide(change) {
    return bodyOf(fetch(`${this.base}/hidden/undo`, { ...posted({ change, reviewer: this.reviewer.name }), signal: AbortSignal.timeout(LONGEST_WAIT) }));
  }

  /** How many images a rule or a filter takes now, and how many given labels among them it would correct; nothing is decided.
   * @param {object} params of the rule, or the filter @returns {Promise<{count: number, corrected: number}>} */
  count(params) {
    return bodyOf(fetch(`${this.run}/count`, { ...posted(params), signal: AbortSignal.timeout(LONGEST_WAIT) }));
  }

  /** The threshold for each target error. @param {string} guarantee how it holds: conformal, or class-mix */
  targets(guarantee = "conformal") {
    return get(`${this.run}/targets`, { guarantee });
  }

  /** Whether calibration images are like the pool; asked once for each run or model version.
   * @returns {Promise<import("../state/pool_state.js").PoolCheck|null>} null where the server cannot say */
  poolCheck() {
    if (this.checkedRun !== this.run) Object.assign(this, { checkedRun: this.run, check: get(`${this.run}/pool_check`).catch(() => null) });
    return this.check;
  }

  /** The metadata columns of the project, with their kinds and values. @returns {Promise<{columns: any[]}>} */
  metadata() {
    return get(`${this.base}/metadata`);
  }

  /** Confidence histograms of some classes. @param {number[]} labels */
  perClass(labels) {
    return get(`${this.run}/per_class`, { ids: labels.join(",") });
  }

  /** One card, at any rank. */
  card(id, query) {
    return get(`${this.run}/card/${id}`, { ...query, reviewer: this.reviewer.name });
  }

  /** Labeled images that look like one. */
  async neighbors(id) {
    return (await get(`${this.run}/neighbors/${id}`)).neighbors;
  }

  /** Images that a person gave a class, and its description. @param {number} label
   * @returns {Promise<{images: number[], description: string}>} */
  examples(label) {
    return get(`${this.run}/examples/${label}`);
  }

  /** Describe a class. @param {number} label @param {string} description @returns {Promise<{description: string}>} */
  describeClass(label, description) {
    return bodyOf(fetch(`${this.base}/classes/${label}`, posted({ description, reviewer: this.reviewer.name })));
  }

  /** The latest decisions, newest first. @param {number} limit @param {boolean} hasRemarks notes and flags too */
  history(limit, hasRemarks = false) {
    return get(`${this.base}/history`, { limit, remarks: hasRemarks ? 1 : "" });
  }

  /** @param {number} id @returns {string} URL of an image's original file */
  original(id) {
    return `${this.base}/original/${id}?v=${this.version}`;
  }

  /** @param {number[]} ids @param {number} columns @returns {string} URL of one sheet with these images */
  sprite(ids, columns) {
    return `${this.base}/sprite?ids=${ids.join(",")}&tile=64&columns=${columns}&v=${this.version}`;
  }

  /** @param {number} id @returns {string} URL of one image */
  image(id) {
    return `${this.base}/image/${id}?v=${this.version}`;
  }
}

/** @param {string} url @param {object} params empty ones are left out @param {number} wait milliseconds @returns {Promise<any>} */
function get(url, params = {}, wait = LONGEST_WAIT) {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  return bodyOf(fetch(given.length ? `${url}?${query}` : url, { credentials: "same-origin", signal: AbortSignal.timeout(wait) }));
}

/** @param {object} body @param {boolean} isLast the browser sends it although the page is being closed @returns {RequestInit} */
function posted(body, isLast = false) {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", credentials: "same-origin", headers, body: JSON.stringify(body), keepalive: isLast };
}

/** The JSON of a response; an error is final when the server will refuse the same request again. Its cause is "away" when
 * nobody answers, and "link" when a restarted server does not know this browser yet. @param {Promise<Response>} pending */
async function bodyOf(pending) {
  let response, body;
  try {
    response = await pending;
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    body = isJson ? await response.json() : {};
  } catch (error) {
    if (error.name === "TimeoutError") throw new Error("Winnow has not answered in time. It may be busy: try again, or look into its terminal.");
    throw Object.assign(new Error("Winnow does not answer. Is it still running in its terminal?"), { cause: "away" });
  }
  if (!response.ok) {
    const error = new Error(body.error ?? `The server answered with status ${response.status}.`);
    throw Object.assign(error, { isFinal: response.status === 400, cause: response.status === 403 ? "link" : "" });
  }
  return body;
}
