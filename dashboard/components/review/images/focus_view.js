/** Focus view: one large image, its suggestion with the reason, and the most similar labeled images. */

import { make } from "../controls/dom.js";
import { FLAG, MARKS, NOTE, description, suggestionName } from "./tile.js";
import { Zoom } from "./zoom.js";

/** Images that are fetched ahead. */
const NUM_PREFETCHED = 12;
/** Classes that are shown with their probability. */
const NUM_CLASSES = 3;
/** Letters of a class's name that fit on one line. */
const MAX_LETTERS = 28;

export class FocusView {
  /** @param {{api: import("../sync/api.js").Api, classes: string[], isSmall: boolean,
   *   onSwipe: (by: number) => void, onSimilar: (id: number) => void}} options */
  constructor(options) {
    this.options = options;
    this.zoom = new Zoom(options.isSmall, options.onSwipe);
    this.name = make("p.name");
    this.original = make("button", { onclick: () => this._showOriginal(), title: "Show the original file at full size" }, "original");
    this.moreLikeThis = make("button", { onclick: () => options.onSimilar(this.id), "data-action": "similar", "data-title": "Show the pool by likeness to this image" }, "more like this");
    const isLong = options.classes.some((name) => name.length > MAX_LETTERS); // space for two lines, so that nothing below moves
    this.suggestion = make(isLong ? "div.suggestion.long" : "div.suggestion");
    this.state = make("div.state");
    this.bars = Array.from({ length: NUM_CLASSES }, () => make("div.bar", {}, make("i"), make("span"), make("b")));
    this.why = make("p.why");
    this.similar = make("div.similar", { role: "group", "aria-label": "Most similar labeled images" });
    this.remarks = make("div.remark-texts");
    this.element = make("div.focus-view", { hidden: true, role: "group", "aria-label": "One image", tabindex: "-1" }, make("div.focus", {},
      make("div.picture-side", {}, this.zoom.element, make("div.under", {}, this.zoom.buttons, this.original, this.moreLikeThis, this.name)),
      make("div.about", {}, this.suggestion, this.state, make("div.bars", {}, ...this.bars), this.why,
        make("small.label", {}, "most similar labeled images"), this.similar, this.remarks)));
  }

  /** @param {import("../state/card_page.js").CardPage} cardPage */
  draw(cardPage) {
    const { card } = cardPage;
    const { api, classes } = this.options;
    if (card.id !== this.id) {
      this.id = card.id;
      this.zoom.show(api.image(card.id), card.id);
      this._loadSimilar(card.id);
      this.prefetch(cardPage);
    }
    this.zoom.image.alt = description(card, classes);
    this.suggestion.replaceChildren(make("small", {}, "suggested"), suggestionName(card, classes));
    const [mark, word] = MARKS[card.verdict] ?? ["", "undecided"];
    this.state.dataset.verdict = card.verdict;
    this.state.textContent = `${mark} ${word}${card.verdict === "relabel" && card.label !== null ? ` ${classes[card.label]}` : ""}`.trim();
    this.bars.forEach((bar, index) => this._bar(bar, card.top[index]));
    this.why.textContent = card.why;
    this.remarks.replaceChildren(...(card.flag ? [make("p", {}, `${FLAG} flagged by ${card.flag.reviewer}`)] : []),
      ...(card.note ? [make("p", { dir: "auto" }, `${NOTE} ${card.note.text}`, make("small", {}, ` ${card.note.reviewer}`))] : []));
    this.name.textContent = card.name;
    this.name.title = `${card.name} · image ${card.id}`;
  }

  _bar(bar, entry) {
    bar.hidden = !entry;
    if (!entry) return;
    const [label, share] = entry;
    bar.children[1].textContent = this.options.classes[label];
    bar.children[2].textContent = share.toFixed(3);
    bar.style.setProperty("--share", `${100 * share}%`);
  }

  /** Fetch the next images. */
  prefetch(cardPage) {
    const next = [...cardPage.cards.slice(cardPage.cursor + 1), ...(cardPage.nextCards)].slice(0, NUM_PREFETCHED);
    for (const card of next) new Image().src = this.options.api.image(card.id);
  }

  /** Load the labeled images most like it, once the cursor has stayed on the image for a moment. */
  _loadSimilar(id) {
    clearTimeout(this.loading);
    this.similar.replaceChildren();
    this.loading = setTimeout(async () => {
      const { api, classes } = this.options;
      const neighbors = await api.neighbors(id).catch(() => []);
      if (id !== this.id) return;
      this.similar.replaceChildren(...neighbors.map((one) => {
        const text = `${classes[one.label]}, similarity ${one.similarity.toFixed(2)}`;
        const picture = make("div.thumbnail", { role: "img", "aria-label": text });
        picture.style.backgroundImage = `url("${api.image(one.id)}")`;
        return make("button.similar-one", { title: `${text}. Show the pool by likeness to it`, onclick: () => this.options.onSimilar(one.id) },
          picture, make("small", {}, classes[one.label]));
      }));
    }, 150);
  }

  async _showOriginal() {
    const { api } = this.options;
    const { id } = this;
    const response = await fetch(api.original(id), { credentials: "same-origin" }).catch(() => null);
    if (id !== this.id) return;
    if (response?.ok) this.zoom.show(URL.createObjectURL(await response.blob()), id);
    else this.name.textContent = (await response?.json().catch(() => null))?.error ?? "Winnow does not answer.";
  }
}
