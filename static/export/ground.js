/** What lies under and between the colours: land, the neighbours, water, roads, borders, names. */
(function () {
  "use strict";
  const weige = window.weige;

  /** Land of the city, and what others govern. */
  weige.Ground = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      this.shapes = shapes;
      this.around = weige.lines(shapes.around.lines, shapes.bits);
    },

    paint(pen, view, ratio) {
      const { colours } = this.options;
      pen.beginPath();
      for (const rings of this.shapes.around.rings) weige.traceRings(pen, view, this.around, rings);
      pen.fillStyle = weige.pattern(pen, "hatch", colours["outside-hatch"], colours.outside, ratio);
      pen.fill("evenodd");
      pen.strokeStyle = colours["outside-line"];
      pen.lineWidth = 0.8;
      pen.setLineDash([5, 3]);
      pen.stroke();
      pen.setLineDash([]);
      // A wash along the outline, as atlases have it.
      pen.beginPath();
      for (const rings of this.shapes.coarsest.rings) weige.traceRings(pen, view, this.shapes.arcs, rings);
      pen.strokeStyle = colours.wash;
      pen.globalAlpha = 0.35;
      pen.lineWidth = Math.max(4, Math.min(14, 1.4 * (view.zoom - 6)));
      pen.stroke();
      pen.globalAlpha = 1;
      pen.fillStyle = colours.land;
      pen.fill("evenodd");
    },
  });

  /** Width of roads at zoom 10 and 17, and the zoom from which they are drawn. */
  const ROADS = {
    street: { px: [0.4, 4], from: 13.5 },
    local: { px: [0.5, 5], from: 12 },
    main: { px: [0.9, 7], from: 8 },
    motorway: { px: [1.8, 9], from: 5 },
  };
  const WIDE = { px: [0.8, 4], from: 8 };

  /** Water or roads, over the colours so that one finds one's way, and quiet. */
  weige.Base = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      const told = shapes.bases.find((one) => one.id === options.base);
      this.areas = weige.lines(told.areas.lines, shapes.bits);
      this.rings = told.areas.rings;
      const order = Object.keys(ROADS);
      this.lines = Object.entries(told.lines)
        .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
        .map(([kind, lines]) => {
          const made = weige.lines(lines, shapes.bits);
          return { kind, ...made, boxes: weige.boxes(made, lines.lengths.map((_, k) => [[k]])) };
        });
    },

    paint(pen, view) {
      const { colours } = this.options;
      if (this.rings.length) {
        pen.beginPath();
        for (const rings of this.rings) weige.traceRings(pen, view, this.areas, rings);
        pen.fillStyle = colours.water;
        pen.globalAlpha = 0.9;
        pen.fill("evenodd");
        pen.strokeStyle = colours["water-line"];
        pen.lineWidth = 0.7;
        pen.stroke();
      }
      const drawn = this.lines.filter(({ kind }) => view.zoom >= (ROADS[kind] || WIDE).from);
      for (const cased of [true, false]) {
        for (const { kind, points, starts, boxes } of drawn) {
          const { px, from } = ROADS[kind] || WIDE;
          const part = Math.max(0, Math.min(1, (view.zoom - 10) / 7));
          const width = px[0] * (px[1] / px[0]) ** part;
          const fades = Math.min(1, 0.35 + view.zoom - from);
          pen.beginPath();
          for (let k = 0; k + 1 < starts.length; k += 1) {
            if (view.sees(boxes, k)) weige.trace(pen, view, { points, starts }, k, false, false);
          }
          const quiet = kind === "motorway" ? "motorway" : "main";
          pen.strokeStyle = colours[cased ? `${quiet}-case` : quiet] || colours["road-label"];
          pen.lineWidth = cased ? width + (width > 1.5 ? 1.4 : 0.7) : width;
          pen.globalAlpha = fades * (cased ? 0.75 : 0.9);
          pen.stroke();
        }
      }
      pen.globalAlpha = 1;
    },
  });

  /** Borders: every stretch once, its weight and colour after the coarsest level that it divides. */
  weige.Borders = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      this.shapes = shapes;
    },

    paint(pen, view) {
      const { arcs, arcBoxes, arcLevels, levels } = this.shapes;
      for (const level of [...levels].reverse()) {
        const shown = level === this.shapes.coarsest ? 1 : level.shown(view.zoom);
        if (!shown) continue;
        pen.beginPath();
        for (let k = 0; k < arcLevels.length; k += 1) {
          if (Number(arcLevels[k]) === level.number && view.sees(arcBoxes, k)) {
            weige.trace(pen, view, arcs, k, false, false);
          }
        }
        const { colour, width } = this.options.lines[level.number];
        pen.strokeStyle = colour;
        pen.lineWidth = width * Math.max(0.55, Math.min(1.6, 0.55 + (view.zoom - 9) * 0.15));
        pen.globalAlpha = 0.9 * shown;
        pen.stroke();
      }
      pen.globalAlpha = 1;
    },
  });

  /** Outlines of an overlay, once there is room for them. */
  weige.Outlines = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      this.overlay = shapes.overlays.find((one) => one.id === options.overlay);
    },

    paint(pen, view) {
      const shown = Math.max(0.25, Math.min(1, (view.zoom - 10.5) / 2.5));
      pen.beginPath();
      this.overlay.rings.forEach((rings, k) => {
        if (view.sees(this.overlay.boxes, k)) weige.traceRings(pen, view, this.overlay.arcs, rings);
      });
      pen.fillStyle = pen.strokeStyle = this.options.colour;
      pen.globalAlpha = 0.16 * shown;
      pen.fill("evenodd");
      pen.globalAlpha = 0.9 * shown;
      pen.lineWidth = 0.5 + 0.6 * shown;
      pen.stroke();
      pen.globalAlpha = 1;
    },
  });

  const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

  /** Names, coarse before fine; none is drawn over another or over a disc, or wider than its grid has room for. */
  weige.Names = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      this.shapes = shapes;
      const { around } = shapes;
      this.aroundSpots = around.points ? weige.points(around.points, shapes.bits) : [];
      this.discsChanged = ({ layer }) => { if (layer instanceof weige.Counts) this.redraw(); };
    },

    onAdd(map) {
      weige.Canvas.prototype.onAdd.call(this, map);
      map.on("layeradd layerremove", this.discsChanged);
    },

    onRemove(map) {
      map.off("layeradd layerremove", this.discsChanged);
      weige.Canvas.prototype.onRemove.call(this, map);
    },

    /** Discs that are on the map, by level and row. */
    discs(view) {
      const found = new Map();
      this._map.eachLayer((layer) => {
        if (!(layer instanceof weige.Counts)) return;
        for (const disc of layer.discs(view)) {
          found.set(`${disc.level.number} ${disc.row}`, disc);
          this.taken.push(disc.box);
        }
      });
      return found;
    },

    paint(pen, view) {
      const { colours } = this.options;
      this.taken = [];
      const discs = this.discs(view);
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      const { levels, coarsest } = this.shapes;
      levels.forEach((level) => {
        if (!level.drawn) return;
        const px = level.px(view.zoom);
        const top = level === coarsest;
        if (!top && px < (level === this.shapes.finest ? 34 : 84)) return;
        const size = top ? Math.max(11.5, Math.min(17, 6.5 + view.zoom * 0.62)) : Math.max(11, 14 - level.number * 0.9);
        // Numbers while grids are small; then names, of all grids of the level alike.
        const finest = level === this.shapes.finest;
        const numbered = finest && px < 105;
        pen.font = `${finest ? "" : "600 "}${size}px ${FONT}`;
        const colour = this.options.inks[level.number];
        // A level that fills the screen says nothing more: its name gives way to finer ones.
        if (top && px > 2600) return;
        for (let k = 0; k < level.codes.length; k += 1) {
          if (!view.sees(level.boxes, k)) continue;
          const wide = (level.boxes[k * 4 + 2] - level.boxes[k * 4]) * view.scale;
          const own = top ? level.names[k] : weige.ownName(this.shapes, level, k);
          const text = numbered ? numberOf(level.codes[k]) || own : own;
          if (!top && pen.measureText(text).width > wide * 0.95) continue;
          const disc = discs.get(`${level.number} ${k}`);
          const down = disc ? disc.r + size * 0.8 : 0;
          this.write(pen, text, view.x(level.spots[2 * k]), view.y(level.spots[2 * k + 1]) + down, size, colour, colours.halo);
        }
      });
      pen.font = `11.5px ${FONT}`;
      this.shapes.around.names.forEach((name, k) => {
        const [x, y] = [view.x(this.aroundSpots[2 * k]), view.y(this.aroundSpots[2 * k + 1])];
        if (view.zoom > 8.5) this.write(pen, name, x, y, 11.5, colours["outside-label"], colours.outside);
      });
    },

    write(pen, text, x, y, size, colour, halo) {
      const half = pen.measureText(text).width / 2 + 3;
      const box = [x - half, y - size * 0.75, x + half, y + size * 0.75];
      const { min, max } = this._bounds;
      if (box[2] < min.x || box[0] > max.x || box[3] < min.y || box[1] > max.y) return;
      if (this.taken.some((one) => one[0] < box[2] && one[2] > box[0] && one[1] < box[3] && one[3] > box[1])) return;
      this.taken.push(box);
      pen.lineWidth = 3;
      pen.strokeStyle = halo;
      pen.globalAlpha = 0.85;
      pen.strokeText(text, x, y);
      pen.globalAlpha = 1;
      pen.fillStyle = colour;
      pen.fillText(text, x, y);
    },
  });

  /** The last part of a code with hyphens. */
  const numberOf = (code) => (code.includes("-") ? code.slice(code.lastIndexOf("-") + 1) : "");
})();
