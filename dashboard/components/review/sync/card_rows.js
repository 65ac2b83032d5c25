/** State of cards: what commands change of them. No DOM. */

const STATE = ["verdict", "label", "note", "flag"];

/** Set what has changed of images on the cards that show them.
 * @param {any[]} cards @param {{id:number, verdict?:string, label?:number|null, note?:any, flag?:any}[]} rows */
export function applyRows(cards, rows) {
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const card of cards) {
    const row = known.get(card.id);
    for (const name of row ? STATE : []) if (row[name] !== undefined) card[name] = row[name];
  }
}
