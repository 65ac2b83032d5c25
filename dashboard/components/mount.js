/** Mounting: connects an app to what Streamlit calls when data or theme change. */

/** @typedef {{parentElement: ShadowRoot, data: any, setStateValue: (name: string, value: any) => void,
 *   setTriggerValue: (name: string, value: any) => void}} Component what Streamlit passes */

/** Make the function that mounts or updates an app; Streamlit calls only the last function that it returned.
 * @param {new (component: Component) => {matches: (data: any) => boolean, refresh: (component: Component) => void, close: () => void}} App
 * @returns {(component: Component) => () => void} */
export function mounting(App) {
  const apps = new WeakMap();
  return (component) => {
    const { parentElement, data } = component;
    let app = apps.get(parentElement);
    if (app?.matches(data)) app.refresh(component);
    else {
      app?.close();
      app = new App(component);
      apps.set(parentElement, app);
    }
    return () => {
      app.close();
      if (apps.get(parentElement) === app) apps.delete(parentElement);
    };
  };
}
