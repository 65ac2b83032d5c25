/** Frames of the map while it is moved and zoomed, with the share of the points that each drew. */
async () => {
  const host = [...document.querySelectorAll("*")].find((one) => one.shadowRoot?.querySelector(".stage"));
  const stage = host.shadowRoot.querySelector(".stage"), box = stage.getBoundingClientRect();
  const app = host.shadowRoot.querySelector(".map-app");
  stage.setPointerCapture = () => {};
  const pointer = (name, left, top) => stage.dispatchEvent(new PointerEvent(name, { clientX: box.left + left, clientY: box.top + top, button: 0 }));
  const measure = async (act) => {
    const times = [], shares = [];
    for (let frame = 0; frame < 150; frame++) {
      await new Promise(requestAnimationFrame);
      times.push(performance.now());
      shares.push(Number(app.dataset.share ?? 1));
      act(frame);
    }
    return { rate: (1000 * (times.length - 1)) / (times.at(-1) - times[0]), share: shares.reduce((one, other) => one + other) / shares.length };
  };
  pointer("pointerdown", 300, 300);
  const move = await measure((frame) => pointer("pointermove", 300 + 120 * Math.sin(frame / 8), 300 + 80 * Math.cos(frame / 8)));
  pointer("pointerup", 300, 300);
  const zoom = await measure((frame) =>
    stage.dispatchEvent(new WheelEvent("wheel", { deltaY: frame % 40 < 20 ? -20 : 20, clientX: box.left + 400, clientY: box.top + 300, cancelable: true })));
  const gl = host.shadowRoot.querySelector(".points").getContext("webgl"), info = gl?.getExtension("WEBGL_debug_renderer_info");
  return { move, zoom, points: app.dataset.points, renderer: gl ? gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : "canvas without WebGL" };
}
