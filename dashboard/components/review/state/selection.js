/** Selection by pointer: click, hold and drag change the cursor and the selected cards. */

export class Selection {
  /** @param {import("./card_page.js").CardPage} cardPage @param {(isScrolled: boolean) => void} onChange draw, and scroll to the cursor */
  constructor(cardPage, onChange) {
    this.cardPage = cardPage;
    this.onChange = onChange;
  }

  /** A tile was clicked. @param {number} index @param {MouseEvent & {pointerType?: string}} event */
  click(index, event) {
    const { cardPage } = this;
    if (cardPage.isOddOneOut || (event.pointerType === "touch" && cardPage.selected.size)) cardPage.toggle(index);
    else if (event.shiftKey) cardPage.selectBetween(cardPage.cursor, index);
    else if (event.ctrlKey || event.metaKey) cardPage.toggle(index);
    else { cardPage.clearSelection(); cardPage.cursor = index; }
    this.onChange(true);
  }

  /** A finger was held on a tile: select it, or deselect it. */
  hold(index) {
    this.cardPage.toggle(index);
    this.onChange(true);
  }

  /** A drag begins. @param {boolean} isAdding selected cards stay selected */
  beginDrag(isAdding) {
    const { selected, isAllMatching, cursor } = this.cardPage;
    this.before = { selected: new Set(selected), isAllMatching, cursor };
    this.base = isAdding || this.cardPage.isOddOneOut ? this.before.selected : new Set();
  }

  /** The dragged box touches other tiles. @param {number[]|null} indexes null when the drag was cancelled */
  drag(indexes) {
    if (indexes) this.cardPage.selectIndexes(indexes, this.base);
    else Object.assign(this.cardPage, this.before);
    this.onChange(false);
  }
}
