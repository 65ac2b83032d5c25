/** Entry point: Streamlit mounts the review app here. */

import { ReviewApp } from "./review_app.js";

const apps = new WeakMap();

/** Called by Streamlit on every change of the data or the theme; of the returned functions it calls only the last.
 * @param {{parentElement: ShadowRoot, data: object, setStateValue: (name: string, value: any) => void}} component */
export function mount(component) {
  const { parentElement, data } = component;
  let app = apps.get(parentElement);
  if (app?.matches(data)) app.refresh(component);
  else {
    app?.close();
    app = new ReviewApp(component);
    apps.set(parentElement, app);
  }
  return () => {
    app.close();
    if (apps.get(parentElement) === app) apps.delete(parentElement);
  };
}
