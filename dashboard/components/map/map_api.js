/** Client of the map's routes: each method returns plain data or throws an Error whose message is a sentence. */

/** Columns of the points, and the type of their numbers. */
const TYPES = {
  id: Int32Array, x: Float32Array, y: Float32Array, prediction: Int32Array, confidence: Float32Array, label: Int32Array,
  decision: Uint8Array, labeled: Uint8Array,
};

export class MapApi {
  /** @param {{project: string, run: string, fingerprint: string}} data */
  constructor({ project, run, fingerprint }) {
    this.base = `/winnow/${encodeURIComponent(project)}`;
    this.run = `${this.base}/runs/${encodeURIComponent(run)}`;
    this.version = fingerprint.slice(0, 8);
  }

  /** The points of a map, by column. @param {string} method @param {number} seed @returns {Promise<any>} */
  async points(method, seed) {
    const found = await bodyOf(fetch(`${this.run}/map?method=${encodeURIComponent(method)}&seed=${seed}`, { credentials: "same-origin" }));
    const columns = Object.entries(TYPES).map(([name, Kind]) => [name, new Kind(decoded(found[name]).buffer)]);
    return { num: found.num, ...Object.fromEntries(columns) };
  }

  /** The groups of a metadata column, and the group of each point. @param {string} column */
  async metadata(column) {
    const found = await bodyOf(fetch(`${this.run}/map/metadata?column=${encodeURIComponent(column)}`, { credentials: "same-origin" }));
    return { names: found.names, isOrdered: found.ordered, values: decoded(found.values) };
  }

  /** Store a selection. @param {number[]} ids @returns {Promise<string>} its name */
  async saveSet(ids) {
    const headers = { "Content-Type": "application/json" };
    const answer = await bodyOf(fetch(`${this.run}/sets`, { method: "POST", credentials: "same-origin", headers, body: JSON.stringify({ ids }) }));
    return answer.set;
  }

  /** The file name of an image of the pool. @param {number} id @returns {Promise<string>} */
  async name(id) {
    return (await bodyOf(fetch(`${this.run}/card/${id}`, { credentials: "same-origin" }))).name;
  }

  /** @param {number} id @returns {string} URL of an image */
  image(id) {
    return `${this.base}/image/${id}?v=${this.version}`;
  }
}

/** @param {string} text base64 @returns {Uint8Array<ArrayBuffer>} */
function decoded(text) {
  const bytes = atob(text), found = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) found[index] = bytes.charCodeAt(index);
  return found;
}

async function bodyOf(pending) {
  const response = await pending.catch(() => { throw new Error("Winnow does not answer. Is it still running in its terminal?"); });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `The server answered with status ${response.status}.`);
  return body;
}
