/** Peers: the other tabs of this browser that review the same run; they learn of decisions at once, also while the server is away. */

/** @typedef {{id: number, verdict?: string, label?: number|null, note?: object|null, flag?: object|null}} Row what changed of an image */

export class Peers {
  /** @param {string} name of the channel @param {(rows: Row[]) => void} onRows another tab has changed these images
   * @param {() => void} onMany another tab has changed more images than it can name */
  constructor(name, onRows, onMany) {
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }) => (data.isMany ? onMany() : onRows(data.rows));
  }

  /** @param {Row[]} rows */
  tell(rows) {
    const plain = rows.map(({ id, verdict, label, note, flag }) => ({ id, verdict, label, note, flag }));
    if (plain.length) this.channel.postMessage({ rows: plain });
  }

  tellMany() {
    this.channel.postMessage({ isMany: true });
  }

  close() {
    this.channel.close();
  }
}
