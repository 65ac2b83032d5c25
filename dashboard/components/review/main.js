/** Entry point: Streamlit mounts the review app here. */

import { ReviewApp } from "./review_app.js";

const apps = new WeakMap();

/** Mount or update the app; Streamlit calls it when data or theme change, and only the last returned function.
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
