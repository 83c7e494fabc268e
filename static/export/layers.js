/** What a map is about: classes of grids, heat, symbols of counts, and the grid that is chosen. */
(function () {
  "use strict";
  const weige = window.weige;
  /** Grids without a number: `z` zero, `n` no data, `s` held back. */
  const ZERO = "z";
  const NONE = "n";
  const HELD = "s";

  /** Grids of one level, each in the colour of its class. */
  weige.Classes = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      this.shapes = shapes;
      this.level = shapes.levels.find((level) => level.id === options.level);
      this.rows = {};
      [...options.classes].forEach((one, row) => (this.rows[one] = this.rows[one] || []).push(row));
    },

    paint(pen, view, ratio) {
      const { colours, marks, textures } = this.options;
      const fills = {
        [ZERO]: marks.zero,
        [NONE]: weige.pattern(pen, "hatch", marks.ink, marks.paper, ratio),
        [HELD]: weige.pattern(pen, "dots", marks.ink, marks.paper, ratio),
      };
      for (const [one, rows] of Object.entries(this.rows)) {
        pen.beginPath();
        for (const row of rows) {
          if (view.sees(this.level.boxes, row)) weige.traceRings(pen, view, this.level.arcs, this.level.rings[row]);
        }
        pen.fillStyle = fills[one] || colours[parseInt(one, 36)];
        pen.fill("evenodd");
        if (!fills[one] || one === ZERO) {
          // Closes the hairline that smoothing leaves between two fills.
          pen.strokeStyle = pen.fillStyle;
          pen.lineWidth = 0.6;
          pen.stroke();
        }
        const texture = textures && !fills[one] && textures[parseInt(one, 36)];
        if (texture) {
          pen.fillStyle = weige.texture(pen, texture, ratio);
          pen.fill("evenodd");
        }
      }
    },

    /** What the popup says of a grid: [text, swatch]. */
    told(row) {
      const { classes, values, words, unit, colours } = this.options;
      const one = classes[row];
      if (one === HELD) return words.held;
      if (one === NONE) return words.none;
      if (one === ZERO) return `0 ${unit}`;
      const label = this.options.labels[parseInt(one, 36)];
      if (!values || values[row] === null) return label;
      const small = this.options.small && this.options.small.includes(row);
      return `${weige.number(values[row])} ${unit}${small ? ` (${words.small})` : ""}`;
    },

    colourOf(row) {
      const one = this.options.classes[row];
      return one === ZERO || one === NONE || one === HELD ? null : this.options.colours[parseInt(one, 36)];
    },
  });

  /** Bands of equal density, one set for each time. */
  weige.Heat = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      this.bits = shapes.bits;
      this.frames = options.frames.map((frame) => ({ ...frame, drawn: null }));
      this.now = options.first;
    },

    /** Show another time. */
    show(number) {
      this.now = number;
      this.redraw();
      this.fire("time", { number });
    },

    paint(pen, view) {
      const frame = this.frames[this.now];
      frame.drawn = frame.drawn || frame.bands.map((band) => ({ ...band, ...weige.lines(band.lines, this.bits) }));
      for (const band of frame.drawn) {
        pen.beginPath();
        for (const rings of band.rings) weige.traceRings(pen, view, band, rings);
        pen.fillStyle = this.options.colours[band.at];
        pen.globalAlpha = 0.86;
        pen.fill("evenodd");
      }
      pen.globalAlpha = 1;
    },
  });

  const MAX_RADIUS_PX = 26;
  const NUMBER_PX = 11;
  /** Rough width of a digit of a number, for the room that it takes. */
  const DIGIT_PX = 7;

  /** Discs of counts, their areas after the number; the finest level that there is room for. */
  weige.Counts = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      this.shapes = shapes;
    },

    /** The level whose discs are shown at a zoom. */
    at(zoom) {
      const told = this.options.levels.map((one) => ({ ...one, level: this.shapes.levels.find((level) => level.id === one.level) }));
      return [...told].reverse().find(({ level }) => level.drawn && level.px(zoom) > 52) || told.find(({ level }) => level.drawn);
    },

    /** The discs in view, large before small: level, row, place and radius in pixels, and the room that number and disc take. */
    discs(view) {
      const { level, counts } = this.at(view.zoom);
      const most = Math.max(1, ...counts.map((one) => one || 0));
      const radius = Math.min(MAX_RADIUS_PX, Math.max(9, level.px(view.zoom) * 0.34));
      const found = [];
      counts.forEach((count, row) => {
        if (count === 0 || !view.sees(level.boxes, row)) return;
        const [x, y] = [view.x(level.spots[2 * row]), view.y(level.spots[2 * row + 1])];
        const r = count === null ? 4 : Math.max(3.5, radius * Math.sqrt(count / most));
        const wide = count === null ? 0 : String(count).length * DIGIT_PX;
        // A number that its disc has no room for stands beside it.
        const beside = wide > 2 * r - 3 ? wide + 3 : 0;
        found.push({ level, row, count, x, y, r, beside, box: [x - r, y - r, x + r + beside, y + r] });
      });
      return found.sort((a, b) => (b.count || 0) - (a.count || 0));
    },

    paint(pen, view, ratio) {
      const { colour, halo, marks } = this.options;
      pen.textBaseline = "middle";
      for (const { count, x, y, r, beside } of this.discs(view)) {
        pen.beginPath();
        pen.arc(x, y, r, 0, 2 * Math.PI);
        pen.fillStyle = count === null ? weige.pattern(pen, "dots", marks.ink, marks.paper, ratio) : colour;
        pen.globalAlpha = count === null ? 1 : 0.78;
        pen.fill();
        pen.globalAlpha = 1;
        pen.lineWidth = 1.2;
        pen.strokeStyle = count === null ? colour : halo;
        pen.stroke();
        if (count === null) continue;
        pen.textAlign = beside ? "left" : "center";
        pen.font = `600 ${beside ? NUMBER_PX : Math.max(NUMBER_PX, Math.min(13, r))}px sans-serif`;
        pen.fillStyle = beside ? colour : this.options.ink;
        pen.lineWidth = 3;
        if (beside) pen.strokeText(count, x + r + 2, y + 0.5);
        pen.fillText(count, beside ? x + r + 2 : x, y + 0.5);
      }
    },

    told(level, row) {
      const found = this.options.levels.find((one) => one.level === level.id);
      if (!found) return null;
      return found.counts[row] === null ? this.options.words.held : `${found.counts[row]} ${this.options.unit}`;
    },
  });

  /** The grid that is chosen, and the one under the pointer. */
  weige.Chosen = weige.Canvas.extend({
    initialize(shapes, options) {
      L.setOptions(this, options);
      weige.Canvas.prototype.initialize.call(this, this.options);
      this.chosen = this.under = null;
    },

    choose(chosen) {
      this.chosen = chosen;
      this.redraw();
    },

    hover(under) {
      this.under = under;
      this.redraw();
    },

    paint(pen, view) {
      const { colour, halo } = this.options;
      const draw = ([level, row], widths) => {
        pen.beginPath();
        weige.traceRings(pen, view, level.arcs, level.rings[row]);
        for (const [width, ink] of widths) {
          pen.lineWidth = width;
          pen.strokeStyle = ink;
          pen.stroke();
        }
      };
      if (this.under) draw(this.under, [[2.6, halo], [1.3, colour]]);
      if (this.chosen) draw(this.chosen, [[5.5, halo], [2.6, colour]]);
    },
  });
})();
