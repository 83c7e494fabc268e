/** What all parts of an exported map share: decoding of shapes, a canvas that moves with the map. */
(function () {
  "use strict";
  const weige = (window.weige = window.weige || {});
  const FIRST = 63;
  const BITS = 5;
  const DIGIT = 1 << BITS;
  const TILE = 256;

  /** Elements, as short as they can be written. */
  weige.node = function (tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "class") made.className = value;
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((one) => one !== null && one !== undefined));
    return made;
  };

  /** Text with {parts} filled in. */
  weige.say = (text, parts) => text.replace(/\{(\w+)\}/g, (all, name) => parts[name] ?? all);

  weige.number = (value) =>
    value === null ? "" : Number(value.toPrecision(3)).toLocaleString("zh-CN", { maximumFractionDigits: 6 });

  /**
   * Points of encoded lines, in pixels of zoom 0: x, y, x, y …
   * @param {string} text @param {number} bits steps of the world are 2^bits
   */
  weige.points = function (text, bits) {
    const unit = TILE / 2 ** bits;
    const found = [];
    let value = 0;
    let factor = 1;
    const last = [0, 0];
    for (let at = 0; at < text.length; at += 1) {
      const digit = text.charCodeAt(at) - FIRST;
      // Products, not shifts: the first step of a line may need more than 31 bits.
      value += (digit % DIGIT) * factor;
      factor *= DIGIT;
      if (digit < DIGIT) {
        const axis = found.length % 2;
        last[axis] += value % 2 ? -(value + 1) / 2 : value / 2;
        found.push(last[axis] * unit);
        value = 0;
        factor = 1;
      }
    }
    return Float64Array.from(found);
  };

  /** Encoded lines: all points, and where each line begins (in numbers of points). */
  weige.lines = function ({ text, lengths }, bits) {
    const starts = new Uint32Array(lengths.length + 1);
    lengths.forEach((length, at) => (starts[at + 1] = starts[at] + length));
    return { points: weige.points(text, bits), starts };
  };

  /** How the map looks at zoom-0 pixels: drawn x is x · scale − left. */
  class View {
    constructor(map, box) {
      this.zoom = map.getZoom();
      this.scale = 2 ** this.zoom;
      const origin = map.getPixelOrigin();
      this.left = origin.x;
      this.top = origin.y;
      this.box = box;
      const min = box.min.add(origin).divideBy(this.scale);
      const max = box.max.add(origin).divideBy(this.scale);
      this.west = min.x;
      this.north = min.y;
      this.east = max.x;
      this.south = max.y;
    }

    x(value) { return value * this.scale - this.left; }

    y(value) { return value * this.scale - this.top; }

    /** @param {ArrayLike<number>} boxes west, north, east, south of each @param {number} at */
    sees(boxes, at) {
      const k = at * 4;
      return boxes[k] < this.east && boxes[k + 2] > this.west && boxes[k + 1] < this.south && boxes[k + 3] > this.north;
    }
  }

  /** A layer of the map that is one canvas; `paint(pen, view)` draws it. */
  weige.Canvas = L.Renderer.extend({
    options: { padding: 0.25, pane: "overlayPane" },

    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.className = "wx-canvas";
    },

    _destroyContainer() {
      L.DomUtil.remove(this._container);
      delete this._container;
    },

    _updatePaths() {},

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.redraw();
    },

    onAdd(map) {
      L.Renderer.prototype.onAdd.call(this, map);
      if (this.options.opacity) this._container.style.opacity = this.options.opacity;
    },

    redraw() {
      if (!this._container) return;
      const box = this._bounds;
      const size = box.getSize();
      const ratio = Math.min(2, Math.max(1, window.devicePixelRatio || 1));
      const canvas = this._container;
      L.DomUtil.setPosition(canvas, box.min);
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      const pen = canvas.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, -box.min.x * ratio, -box.min.y * ratio);
      pen.lineJoin = pen.lineCap = "round";
      this.paint(pen, new View(this._map, box), ratio);
    },
  });

  /** Whether the points of a line that lie closer together than this many pixels may be passed over. */
  const SMALL_PX = 0.7;

  /**
   * Add a line to the path of a pen.
   * @param {boolean} goesOn whether it begins where the path ends
   */
  weige.trace = function (pen, view, { points, starts }, line, backwards, goesOn) {
    const first = starts[line];
    const count = starts[line + 1] - first;
    const step = backwards ? -2 : 2;
    let at = 2 * (backwards ? first + count - 1 : first);
    let x = view.x(points[at]);
    let y = view.y(points[at + 1]);
    if (!goesOn) pen.moveTo(x, y);
    for (let left = count - 1; left > 0; left -= 1) {
      at += step;
      const nextX = view.x(points[at]);
      const nextY = view.y(points[at + 1]);
      if (left > 1 && Math.abs(nextX - x) < SMALL_PX && Math.abs(nextY - y) < SMALL_PX) continue;
      pen.lineTo((x = nextX), (y = nextY));
    }
  };

  /** Add the rings of a shape; each is a list of lines, `~k` for line k backwards. */
  weige.traceRings = function (pen, view, lines, rings) {
    for (const ring of rings) {
      ring.forEach((line, at) => weige.trace(pen, view, lines, line < 0 ? ~line : line, line < 0, at > 0));
      pen.closePath();
    }
  };

  /** Boxes of shapes, four numbers each. */
  weige.boxes = function ({ points, starts }, shapes) {
    const found = new Float64Array(shapes.length * 4);
    shapes.forEach((rings, at) => {
      let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
      for (const ring of rings) {
        for (const line of ring) {
          const k = line < 0 ? ~line : line;
          for (let p = 2 * starts[k]; p < 2 * starts[k + 1]; p += 2) {
            if (points[p] < west) west = points[p];
            if (points[p] > east) east = points[p];
            if (points[p + 1] < north) north = points[p + 1];
            if (points[p + 1] > south) south = points[p + 1];
          }
        }
      }
      found.set([west, north, east, south], at * 4);
    });
    return found;
  };

  /** Whether a shape covers a point (even-odd). */
  weige.covers = function ({ points, starts }, rings, x, y) {
    let inside = false;
    for (const ring of rings) {
      for (const line of ring) {
        const k = line < 0 ? ~line : line;
        for (let p = 2 * starts[k]; p < 2 * starts[k + 1] - 2; p += 2) {
          const [ax, ay, bx, by] = [points[p], points[p + 1], points[p + 2], points[p + 3]];
          if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
        }
      }
    }
    return inside;
  };

  const patterns = {};

  /** Hatching for what has no data, dots for what is held back; they stand still with the map. */
  weige.pattern = function (pen, kind, colour, paper, ratio) {
    const key = `${kind} ${colour} ${paper} ${ratio}`;
    const side = 8;
    if (!patterns[key]) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = side * ratio;
      const ink = tile.getContext("2d");
      ink.scale(ratio, ratio);
      ink.fillStyle = paper;
      ink.fillRect(0, 0, side, side);
      ink.strokeStyle = ink.fillStyle = colour;
      if (kind === "hatch") {
        ink.lineWidth = 1.1;
        ink.beginPath();
        for (const at of [-side, 0, side]) {
          ink.moveTo(at - 1, side + 1);
          ink.lineTo(at + side + 1, -1);
        }
        ink.stroke();
      } else {
        for (const [x, y] of [[2, 2], [6, 6]]) {
          ink.beginPath();
          ink.arc(x, y, 1, 0, 2 * Math.PI);
          ink.fill();
        }
      }
      patterns[key] = tile;
    }
    return repeated(pen, patterns[key], ratio);
  };

  /** What says the same as the colour of a named class: strokes in a tile, one without length is a dot. */
  weige.texture = function (pen, { strokes, ink }, ratio) {
    const key = `${JSON.stringify(strokes)} ${ink} ${ratio}`;
    const side = 12;
    if (!patterns[key]) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = side * ratio;
      const drawn = tile.getContext("2d");
      drawn.scale(ratio, ratio);
      Object.assign(drawn, { strokeStyle: ink, globalAlpha: 0.78, lineCap: "round" });
      for (const [x, y, toX, toY] of strokes) {
        const isDot = x === toX && y === toY;
        drawn.lineWidth = isDot ? 3 : 1.5;
        drawn.beginPath();
        drawn.moveTo(x, y);
        drawn.lineTo(isDot ? toX + 0.01 : toX, toY);
        drawn.stroke();
      }
      patterns[key] = tile;
    }
    return repeated(pen, patterns[key], ratio);
  };

  function repeated(pen, tile, ratio) {
    const made = pen.createPattern(tile, "repeat");
    made.setTransform(new DOMMatrix([1 / ratio, 0, 0, 1 / ratio, 0, 0]));
    return made;
  }
})();
