/** Which of the waiting commands the next batch holds, so that one which the server will never take stops no other: a
 * batch that is refused as a whole is sent again in halves, down to the bad one, which then stands back. It is given up
 * only once others were saved and it alone is refused again: where all are refused something else is wrong. No DOM. */

const MOST = 1000;

export class Sieve {
  constructor() {
    this.size = MOST;
    /** Refused alone, with the reason. @type {Map<string, string>} */
    this.doubtful = new Map();
    /** Whether the server has taken any since the first refusal. */
    this.isProven = false;
  }

  /** @param {{command_id: string}[]} waiting @returns {{command_id: string}[]} what to send now, in order */
  pick(waiting) {
    const sure = waiting.filter(({ command_id }) => !this.doubtful.has(command_id));
    return sure.length ? sure.slice(0, this.size) : waiting.slice(0, 1);
  }

  /** The server has answered a batch. @param {{command_id: string}[]} commands */
  passed(commands) {
    this.isProven = true;
    this.size = MOST;
    if (commands.some(({ command_id }) => this.doubtful.has(command_id))) this.doubtful.clear(); // it was not the command
  }

  /** The server will never take this batch. @param {{command_id: string}[]} commands @param {string} reason
   * @returns {"again"|"wait"|"refuse"} send the rest at once, wait as after any failure, or give this one command up */
  refused(commands, reason) {
    if (this.size === MOST && !this.doubtful.size) this.isProven = false;
    if (commands.length > 1) {
      this.size = Math.ceil(commands.length / 2);
      return "again";
    }
    const [{ command_id }] = commands;
    this.size = MOST;
    if (!this.doubtful.has(command_id)) {
      this.doubtful.set(command_id, reason);
      return "again";
    }
    if (!this.isProven) return "wait";
    this.doubtful.delete(command_id);
    return "refuse";
  }
}
