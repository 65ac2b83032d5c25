/** Where Streamlit meets the review desk. */

import { Desk } from "./review_app.js";

const desks = new WeakMap();

/** Called by Streamlit on every change of the data or the theme; of the answers only the last is called at the end.
 * @param {{parentElement: ShadowRoot, data: object, setStateValue: (name: string, value: any) => void}} component */
export function mount(component) {
  const { parentElement, data } = component;
  let desk = desks.get(parentElement);
  if (desk?.matches(data)) desk.refresh(component);
  else {
    desk?.close();
    desk = new Desk(component);
    desks.set(parentElement, desk);
  }
  return () => {
    desk.close();
    if (desks.get(parentElement) === desk) desks.delete(parentElement);
  };
}
