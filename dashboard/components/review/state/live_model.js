/** Live model: which model version the page shows, and which newer one the next page takes. No DOM. */

/** Milliseconds between two questions while a version is being fitted. */
const WAIT = 400;

/** @typedef {{version: string, decision: number, num_new: number, interval: number, is_fitting: boolean, message: string}} LiveState */

export class LiveModel {
  /** @param {{api: import("../sync/api.js").Api, run: string, state: LiveState, asked?: string, onChange: () => void,
   *   onReady: () => void}} options run: the run itself; asked: a version that the URL names; onReady: a version that was
   *   asked for is there */
  constructor({ api, run, state, asked, onChange, onReady }) {
    this.api = api;
    this.run = run;
    this.state = state;
    this.onChange = onChange;
    this.onReady = onReady;
    this.isAwaited = false;
    this.shown = asked?.startsWith(`${run}@`) && Number(asked.slice(run.length + 1)) <= state.decision ? asked : state.version;
    api.useVersion(this.shown);
  }

  /** The shown version in the URL; null for the run itself. */
  get urlName() {
    return this.shown === this.run ? null : this.shown;
  }

  /** Whether a newer version than the shown one is there. */
  get isNewer() {
    return numberOf(this.state.version) > numberOf(this.shown);
  }

  /** Take over what the server says. @param {LiveState} state */
  follow(state) {
    this.state = state;
    clearTimeout(this.timer);
    if (state.is_fitting) this.timer = setTimeout(() => this._ask(), WAIT);
    else if (this.isAwaited) {
      this.isAwaited = false;
      if (this.isNewer) this.onReady();
    }
    this.onChange();
  }

  /** Show the newest version from the next load on; returns whether it is another one. */
  adopt() {
    if (!this.isNewer) return false;
    this.shown = this.state.version;
    this.api.useVersion(this.shown);
    this.onChange();
    return true;
  }

  /** Fit the model again on all decisions so far; onReady follows. */
  async refresh() {
    this.isAwaited = true;
    this.follow(await this.api.refreshLive());
  }

  /** Ask no more. */
  cancel() {
    clearTimeout(this.timer);
  }

  async _ask() {
    const state = await this.api.live().catch(() => null);
    if (state) this.follow(state);
    else this.timer = setTimeout(() => this._ask(), 5 * WAIT); // the server is away: commands say so
  }
}

/** Last decision that a version knows, 0 for a run itself. @param {string} version */
function numberOf(version) {
  return Number(/@(\d+)$/.exec(version)?.[1] ?? 0);
}
