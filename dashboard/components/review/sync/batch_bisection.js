/** Bisection of a refused batch: finds the command that the server refuses. No DOM.
 *
 * A refused batch is sent again in halves, down to the wrong command, which then waits. It is given up only once other
 * commands were saved and it is refused alone again: if all commands are refused, the cause is elsewhere. */

const MAX_BATCH = 1000;

export class BatchBisection {
  constructor() {
    this.size = MAX_BATCH;
    /** Commands refused alone, with the reason. @type {Map<string, string>} */
    this.suspects = new Map();
    /** Whether the server has saved any command since the first refusal. */
    this.hasSaved = false;
  }

  /** @param {{command_id: string}[]} waiting @returns {{command_id: string}[]} the commands to send now, in order */
  nextBatch(waiting) {
    const others = waiting.filter(({ command_id }) => !this.suspects.has(command_id));
    return others.length ? others.slice(0, this.size) : waiting.slice(0, 1);
  }

  /** The server has answered a batch. @param {{command_id: string}[]} commands */
  answered(commands) {
    this.hasSaved = true;
    this.size = MAX_BATCH;
    if (commands.some(({ command_id }) => this.suspects.has(command_id))) this.suspects.clear(); // it was not the command
  }

  /** The server will never take this batch. @param {{command_id: string}[]} commands @param {string} reason
   * @returns {"again"|"wait"|"refuse"} send the rest at once, wait as after any failure, or give this one command up */
  refused(commands, reason) {
    if (this.size === MAX_BATCH && !this.suspects.size) this.hasSaved = false;
    if (commands.length > 1) {
      this.size = Math.ceil(commands.length / 2);
      return "again";
    }
    const [{ command_id }] = commands;
    this.size = MAX_BATCH;
    if (!this.suspects.has(command_id)) {
      this.suspects.set(command_id, reason);
      return "again";
    }
    if (!this.hasSaved) return "wait";
    this.suspects.delete(command_id);
    return "refuse";
  }
}
