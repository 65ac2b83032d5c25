/** Connection: while the server does not answer, asks again each second, and does what waits for it once it is back. No DOM. */

/** Milliseconds between two questions. */
const PAUSE = 1000;
/** Milliseconds after which one question counts as unanswered. */
const LONGEST_WAIT = 5000;

export class Connection {
  /** @param {{ask: () => Promise<boolean>, onBack: () => void}} options ask: whether the server answers now */
  constructor({ ask, onBack }) {
    this.ask = ask;
    this.onBack = onBack;
    this.isAway = false;
    this.timer = null;
    /** What failed because the server was away. @type {(() => void)[]} */
    this.failed = [];
  }

  /** The server did not answer. @param {() => void} [again] done once it does */
  lost(again) {
    if (again) this.failed.push(again);
    if (this.isAway) return;
    this.isAway = true;
    this._askLater();
  }

  close() {
    clearTimeout(this.timer);
    this.failed = [];
  }

  _askLater() {
    this.timer = setTimeout(async () => {
      if (await this.ask().catch(() => false)) this._back();
      else this._askLater();
    }, PAUSE);
  }

  _back() {
    this.isAway = false;
    this.onBack();
    for (const again of this.failed.splice(0)) again();
  }
}

/** Whether the server answers; this address needs no cookie. */
export async function answers() {
  return (await fetch("/_stcore/health", { cache: "no-store", signal: AbortSignal.timeout(LONGEST_WAIT) })).ok;
}
