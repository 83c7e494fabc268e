/** The grids of an exported map: who they are, where they lie, which one is at a place. */
(function () {
  "use strict";
  const weige = window.weige;
  /** How wide a grid is on the screen, in pixels, from where its borders are drawn, and named. */
  const LINE_PX = 13;
  const LINE_FULL_PX = 30;

  class Level {
    constructor(told, number, arcs, bits) {
      Object.assign(this, told);
      this.number = number;
      this.arcs = arcs;
      this.spots = weige.points(told.points, bits);
      this.drawn = Boolean(told.rings);
      this.rings = told.rings || told.codes.map(() => []);
      this.boxes = weige.boxes(arcs, this.rings);
      const widths = this.rings.map((_, at) => this.boxes[at * 4 + 2] - this.boxes[at * 4]).sort((a, b) => a - b);
      this.width = this.drawn ? widths[widths.length >> 1] : 0;
    }

    /** Pixels that a grid of the level is wide. */
    px(zoom) { return this.width * 2 ** zoom; }

    /** How much of its borders is to be seen at a zoom, 0 to 1. */
    shown(zoom) {
      if (!this.drawn) return 0;
      return Math.max(0, Math.min(1, (this.px(zoom) - LINE_PX) / (LINE_FULL_PX - LINE_PX)));
    }

    at(x, y) {
      for (let k = 0; k < this.rings.length; k += 1) {
        const b = k * 4;
        if (x < this.boxes[b] || x > this.boxes[b + 2] || y < this.boxes[b + 1] || y > this.boxes[b + 3]) continue;
        if (weige.covers(this.arcs, this.rings[k], x, y)) return k;
      }
      return -1;
    }
  }

  class Shapes {
    constructor(told) {
      this.bits = told.bits;
      this.arcs = weige.lines(told.arcs, told.bits);
      this.arcLevels = told.arcLevels;
      this.arcBoxes = weige.boxes(this.arcs, told.arcs.lengths.map((_, k) => [[k]]));
      this.levels = told.levels.map((level, number) => new Level(level, number, this.arcs, told.bits));
      this.overlays = told.overlays.map((overlay, k) => {
        const made = new Level(overlay, overlay.parentLevel + 1, weige.lines(overlay.lines, told.bits), told.bits);
        made.overlay = k;
        return made;
      });
      this.around = told.around;
      this.bases = told.bases;
      this.finest = this.levels[this.levels.length - 1];
      this.coarsest = this.levels.find((level) => level.drawn);
    }

    /** The grids above one and itself, coarse to fine: [level, row] each. */
    chain(level, row) {
      const found = [[level, row]];
      let number = level.overlay === undefined ? level.number - 1 : level.parentLevel;
      let at = level.parents[row];
      while (number >= 0 && at >= 0) {
        found.unshift([this.levels[number], at]);
        at = this.levels[number].parents[at];
        number -= 1;
      }
      return found;
    }

    /** The row of the grid of another level in which one lies; -1 if it is finer. */
    above(level, row, wanted) {
      const found = this.chain(level, row).find(([one]) => one === wanted);
      return found ? found[1] : -1;
    }

    /** The finest grid at a place: [level, row], or null. */
    find(x, y) {
      for (let k = this.levels.length - 1; k >= 0; k -= 1) {
        const row = this.levels[k].drawn ? this.levels[k].at(x, y) : -1;
        if (row >= 0) return [this.levels[k], row];
      }
      return null;
    }

    /** The finest level whose borders can be told apart at a zoom. */
    readable(zoom) {
      return [...this.levels].reverse().find((level) => level.shown(zoom) > 0.5) || this.coarsest;
    }
  }

  weige.Shapes = Shapes;

  /** A name without that of its parent before it. */
  weige.ownName = function (shapes, level, row) {
    const above = level.overlay === undefined ? level.number - 1 : level.parentLevel;
    const parent = above >= 0 && level.parents[row] >= 0 ? shapes.levels[above].names[level.parents[row]] : "";
    const name = level.names[row];
    return parent && name.length > parent.length && name.startsWith(parent) ? name.slice(parent.length) : name;
  };

  /** Place of a point of the map in pixels of zoom 0. */
  weige.spot = (latlng) => L.CRS.EPSG3857.latLngToPoint(latlng, 0);

  weige.latLng = (x, y) => L.CRS.EPSG3857.pointToLatLng(L.point(x, y), 0);

  weige.boundsOf = function (boxes, row) {
    const [west, north, east, south] = boxes.slice(row * 4, row * 4 + 4);
    return L.latLngBounds(weige.latLng(west, south), weige.latLng(east, north));
  };
})();
