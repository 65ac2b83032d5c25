/** The server's routes as functions: each answers with plain data or throws an Error whose message is a sentence. */

/** @typedef {{id:number, rank:number, name:string, suggestion:number, confidence:number, entropy:number,
 *   margin:number, top:[number, number][], verdict:string, label:number|null, why:string, planted?:string}} Card */

export class Api {
  /** @param {string} project @param {string} fingerprint @param {{name: string}} reviewer who looks: checks are for this person */
  constructor(project, fingerprint, reviewer) {
    this.reviewer = reviewer;
    this.base = `/winnow/${encodeURIComponent(project)}`;
    this.version = fingerprint.slice(0, 8);
  }

  /** @param {string} run @param {Record<string, string|number|null>} query */
  page(run, query) {
    return ask(`${this._run(run)}/page?${parameters({ ...query, reviewer: this.reviewer.name })}`);
  }

  /** @param {string} run @param {string} score */
  histogram(run, score) {
    return ask(`${this._run(run)}/histogram?${parameters({ score })}`);
  }

  /** The cuts around a value of a score, and the images nearest to it. */
  border(run, score, value) {
    return ask(`${this._run(run)}/border?${parameters({ score, value })}`);
  }

  /** @param {string} run @param {object} batch @param {boolean} isLast the page is going away */
  commands(run, batch, isLast = false) {
    return this._sent(run, "commands", batch, isLast);
  }

  /** How many images a rule would accept now; nothing is decided. @param {string} run @param {string} rule
   * @param {object} params @returns {Promise<number>} */
  async count(run, rule, params) {
    return (await this._sent(run, "count", { ...params, rule })).count;
  }

  /** The line that keeps each target error. */
  targets(run) {
    return ask(`${this._run(run)}/targets`);
  }

  /** Confidence per bin of some classes. @param {number[]} labels */
  perClass(run, labels) {
    return ask(`${this._run(run)}/per_class?${parameters({ ids: labels.join(",") })}`);
  }

  /** One card, wherever it stands in the ranking. */
  card(run, id, query) {
    return ask(`${this._run(run)}/card/${id}?${parameters({ ...query, reviewer: this.reviewer.name })}`);
  }

  /** Labeled images that look like one. */
  async neighbors(run, id) {
    return (await ask(`${this._run(run)}/neighbors/${id}`)).neighbors;
  }

  /** The latest decisions, newest first. */
  history(limit) {
    return ask(`${this.base}/history?${parameters({ limit })}`);
  }

  /** @param {number} id @returns {string} address of an image's own file */
  original(id) {
    return `${this.base}/original/${id}?v=${this.version}`;
  }

  /** @param {number[]} ids @param {number} columns @returns {string} address of one sheet with these images */
  sprite(ids, columns) {
    return `${this.base}/sprite?ids=${ids.join(",")}&tile=64&columns=${columns}&v=${this.version}`;
  }

  /** @param {number} id @returns {string} address of one image */
  image(id) {
    return `${this.base}/image/${id}?v=${this.version}`;
  }

  _sent(run, name, body, isLast = false) {
    return ask(`${this._run(run)}/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), keepalive: isLast,
    });
  }

  _run(run) {
    return `${this.base}/runs/${encodeURIComponent(run)}`;
  }
}

function parameters(query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
}

async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { credentials: "same-origin", ...options });
  } catch {
    throw new Error("Winnow does not answer: is it still running in its terminal?");
  }
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  const body = isJson ? await answer.json() : {};
  if (!answer.ok) {
    const error = new Error(body.error ?? `The server answered with ${answer.status}.`);
    throw Object.assign(error, { isFinal: answer.status === 400 });
  }
  return body;
}
