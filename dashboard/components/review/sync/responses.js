/** Effects of commands on cards: predicted from a command, or read from the server's response. No DOM. */

/** Verdicts whose outcome is known before the server responds; undo and bulk accept are not. */
export const SINGLE_VERDICTS = new Set(["accept", "reject", "none", "skip", "unsure", "relabel"]);

/** Kinds of commands that say something at an image and decide nothing. */
export const REMARKS = new Set(["note", "flag", "unflag"]);

/** @typedef {{command_id: string, verdict: string, image_id?: number, suggestion?: number, label?: number,
 *   reviewer?: string, params?: {images?: [number, number][], text?: string}}} Command */

/** The images that a command names, one or many; none where only the server knows. @param {Command} command */
export function imagesOf(command) {
  if (!SINGLE_VERDICTS.has(command.verdict) && !REMARKS.has(command.verdict)) return [];
  if (Array.isArray(command.params?.images)) return command.params.images.map(([id]) => id);
  return command.image_id === undefined ? [] : [command.image_id];
}

/** Whether the outcome of all these commands is known before the server responds. @param {Command[]} commands */
export function arePredictable(commands) {
  return commands.every((command) => imagesOf(command).length);
}

/** The state of each card once a command is applied. @param {Command} command
 * @returns {{id: number, verdict?: string, label?: number|null}[]} */
export function predictedRows({ verdict, image_id, suggestion, label, params, reviewer = "" }) {
  if (REMARKS.has(verdict)) {
    const remark = { id: 0, reviewer, time: "", text: params?.text ?? "" };
    return [{ id: Number(image_id), ...(verdict === "note" ? { note: remark.text ? remark : null } : { flag: verdict === "flag" ? remark : null }) }];
  }
  const pairs = params?.images ?? [[image_id, suggestion]];
  return pairs.map(([id, suggested]) => {
    const kept = verdict === "relabel" ? label : verdict === "accept" || verdict === "reject" ? suggested : null;
    return { id, verdict, label: kept ?? null };
  });
}

/** @param {{outcomes: object[], changed: {id: number}[]}} response @param {Command[]} commands that it answers
 * @param {Command[]} waiting commands without a response: their images keep the predicted state, and while an undo waits
 *   all images do, except those of refused commands, which take the server's state
 * @returns {{rows: object[], refused: Set<string>, reasons: string, isBeyondPage: boolean}} */
export function readResponse(response, commands, waiting) {
  const outcomes = response.outcomes.filter((outcome) => outcome.status === "refused");
  const refused = new Set(outcomes.map((outcome) => outcome.command_id));
  const reverted = new Set(commands.filter((command) => refused.has(command.command_id)).flatMap(imagesOf));
  const pending = new Set(waiting.flatMap(imagesOf));
  const rows = response.changed.filter((row) => !pending.has(row.id) && (arePredictable(waiting) || reverted.has(row.id)));
  const reasons = [...new Set(outcomes.map((outcome) => outcome.reason))].join(" ");
  return { rows, refused, reasons, isBeyondPage: !arePredictable(commands) };
}
