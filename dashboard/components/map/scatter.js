/** Scatter plot of many points on a canvas, by WebGL; without WebGL by the canvas itself, which is slower. */

const VERTEX = `
attribute vec2 place; attribute vec4 color; attribute float ring;
uniform vec4 clip; uniform float size;
varying vec4 shade; varying float isRing;
void main() {
  gl_Position = vec4(place * clip.xy + clip.zw, 0.0, 1.0);
  gl_PointSize = color.a > 0.0 ? size * (1.0 + ring) : 0.0;
  shade = color; isRing = ring;
}`;
const FRAGMENT = `
precision mediump float;
uniform vec3 edge;
varying vec4 shade; varying float isRing;
void main() {
  vec2 place = gl_PointCoord - 0.5;
  float distance = dot(place, place);
  if (distance > 0.25 || shade.a == 0.0) discard;
  vec3 tone = isRing > 0.5 && distance > 0.11 ? edge : shade.rgb;
  gl_FragColor = vec4(tone * shade.a, shade.a);
}`;

export class Scatter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = canvas.getContext("webgl", { antialias: false, premultipliedAlpha: true });
    this.num = this.numPlain = 0;
    this.x = this.y = new Float32Array();
    this.rings = new Uint8Array();
    /** @type {Uint8Array} */
    this.colors = new Uint8Array();
    if (this.gl) this._prepare(this.gl);
  }

  /** @param {Float32Array} x @param {Float32Array} y @param {Uint8Array} rings 1: drawn larger, with an edge; these come last */
  setPoints(x, y, rings) {
    Object.assign(this, { x, y, rings, num: x.length, numPlain: rings.length - rings.reduce((one, other) => one + other, 0) });
    const { gl } = this;
    if (!gl) return;
    const places = new Float32Array(2 * x.length);
    for (let index = 0; index < x.length; index++) places.set([x[index], y[index]], 2 * index);
    this._fill("place", places, 2, gl.FLOAT, false);
    this._fill("ring", rings, 1, gl.UNSIGNED_BYTE, false);
  }

  /** @param {Uint8Array} colors RGBA of every point */
  setColors(colors) {
    this.colors = colors;
    if (this.gl) this._fill("color", colors, 4, this.gl.UNSIGNED_BYTE, true);
  }

  /** Draw a share of the points and every ring. @param {import("./viewport.js").Viewport} viewport @param {number} size in CSS pixels
   * @param {[number, number, number]} edge color of the rings @param {number} share from 0 to 1 */
  draw(viewport, size, edge, share) {
    const ratio = window.devicePixelRatio || 1, { canvas, gl } = this;
    const [width, height] = [Math.round(viewport.width * ratio), Math.round(viewport.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const count = Math.ceil(this.numPlain * share);
    if (!gl) return this._drawPlain(viewport, size, ratio, count);
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform4f(this.places.clip, ...viewport.clip);
    gl.uniform1f(this.places.size, size * ratio);
    gl.uniform3f(this.places.edge, ...edge);
    if (count) gl.drawArrays(gl.POINTS, 0, count);
    if (this.num > this.numPlain) gl.drawArrays(gl.POINTS, this.numPlain, this.num - this.numPlain);
  }

  _prepare(gl) {
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.program = program;
    this.buffers = Object.fromEntries(["place", "ring", "color"].map((name) => [name, gl.createBuffer()]));
    this.places = Object.fromEntries(["clip", "size", "edge"].map((name) => [name, gl.getUniformLocation(program, name)]));
  }

  _fill(name, values, count, type, isNormalized) {
    const { gl } = this, place = gl.getAttribLocation(this.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, count, type, isNormalized, 0, 0);
  }

  _drawPlain(viewport, size, ratio, count) {
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, viewport.width, viewport.height);
    for (let index = 0; index < this.num; index++) {
      if (index === count) index = this.numPlain;
      if (index >= this.num) break;
      const [red, green, blue, alpha] = this.colors.subarray(4 * index, 4 * index + 4);
      if (!alpha) continue;
      const [left, top] = viewport.toScreen(this.x[index], this.y[index]), side = size * (1 + this.rings[index]);
      context.fillStyle = `rgb(${red} ${green} ${blue} / ${alpha / 255})`;
      context.fillRect(left - side / 2, top - side / 2, side, side);
    }
  }
}
