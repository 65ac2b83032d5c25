/** Entry point: Streamlit mounts the map here. */

import { MapApp } from "./map_app.js";

const apps = new WeakMap();

/** Mount or update the map; Streamlit calls it when data or theme change.
 * @param {{parentElement: ShadowRoot, data: any, setTriggerValue: (name: string, value: any) => void}} component */
export function mount(component) {
  const { parentElement, data } = component;
  let app = apps.get(parentElement);
  if (app?.matches(data)) app.refresh(component);
  else {
    app?.close();
    app = new MapApp(component);
    apps.set(parentElement, app);
  }
  return () => {
    app.close();
    if (apps.get(parentElement) === app) apps.delete(parentElement);
  };
}
