/** Note dialog: writes, changes or removes the note at one image; Enter saves. */

import { openDialog } from "../controls/dialogs.js";
import { make } from "../controls/dom.js";

/** Most letters of a note; the server counts the same. */
const LONGEST = 1000;

/** @param {{root: ShadowRoot, api: import("../sync/api.js").Api, card: import("../sync/api.js").Card, draft: string|undefined,
 *   onSave: (text: string) => void}} options draft: a text of this person that was not saved */
export function writeNote({ root, api, card, draft, onSave }) {
  const { note } = card;
  const text = make("textarea", { rows: 4, maxlength: LONGEST, "aria-label": "Note", autofocus: true, dir: "auto" });
  text.value = draft ?? note?.text ?? "";
  const author = note ? `${note.reviewer}${note.time ? `, ${new Date(note.time).toLocaleDateString()}` : ""}` : "";
  const by = note ? make("p.note-by", {}, draft === undefined || draft === note.text ? `Written by ${author}.` : `${author} wrote: “${note.text}”. Yours is not saved yet.`) : "";
  const picture = make("img.note-image", { src: api.image(card.id), alt: card.name });
  const save = (value) => { box.close(); if (value !== (note?.text ?? "")) onSave(value); };
  const remove = make("button", { hidden: !note, onclick: () => save("") }, "Remove");
  const box = openDialog(root, "Note", [make("div.note-body", {}, picture, make("div", {}, text, by)),
    make("small.label", {}, "Everybody who reviews this project sees it; it changes no label. Shift+Enter begins a new line.")],
  (close) => [remove, make("button", { onclick: close }, "Cancel"), make("button.primary", { onclick: () => save(text.value.trim()) }, "Save")]);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    save(text.value.trim());
  });
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
}
