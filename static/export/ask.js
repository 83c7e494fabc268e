/** Asking the map: a click and its popup, the pointer, and the search for a grid. */
(function () {
  "use strict";
  const weige = window.weige;
  const { node } = weige;
  const MOST = 12;

  class Asking {
    constructor(map, shapes, panel, words, colours) {
      Object.assign(this, { map, shapes, panel, words });
      this.mark = new weige.Chosen(shapes, { pane: "wx-chosen", colour: colours.select, halo: colours.halo });
      this.mark.addTo(map);
      this.popup = L.popup({ maxWidth: 340, minWidth: 250, autoPanPaddingTopLeft: [16, 156], autoPanPaddingBottomRight: [16, 60] });
      map.on("click", (event) => this.clicked(event.latlng));
      map.on("popupclose", () => this.mark.choose(null));
      // Which figure is that of the map, and for which level, changes with the layers.
      map.on("wx-layers", () => {
        if (this.mark.chosen && map.hasLayer(this.popup)) this.popup.setContent(this.content(...this.mark.chosen));
      });
      this.hoverText = document.getElementById("wx-hover");
      map.on("mousemove", (event) => this.moved(event));
      map.on("mouseout zoomstart", () => this.unhover());
    }

    /** The level that a click means: that of the colours, or the finest that can be told apart. */
    level() {
      const theme = this.panel.theme;
      return (theme && theme.layer.level) || this.shapes.readable(this.map.getZoom());
    }

    /** @returns {[any, number]|null} */
    at(latlng) {
      const { x, y } = weige.spot(latlng);
      const found = this.shapes.find(x, y);
      if (!found) return null;
      const level = this.level();
      const row = this.shapes.above(...found, level);
      return row >= 0 ? [level, row] : found;
    }

    clicked(latlng) {
      const { x, y } = weige.spot(latlng);
      for (const overlay of this.shapes.overlays) {
        const on = this.panel.entries.some((entry) => entry.layer.overlay === overlay && this.map.hasLayer(entry.layer));
        const row = on && this.map.getZoom() >= 13 ? overlay.at(x, y) : -1;
        if (row >= 0) return this.tell(overlay, row, latlng);
      }
      const found = this.at(latlng);
      if (found) this.tell(...found, latlng);
      else this.map.closePopup();
    }

    /** Open the popup of a grid. */
    tell(level, row, latlng) {
      this.map.closePopup();
      this.unhover();
      this.popup.setLatLng(latlng).setContent(this.content(level, row)).openOn(this.map);
      this.mark.choose([level, row]);
    }

    content(level, row) {
      const chain = this.shapes.chain(level, row);
      const rows = chain.map(([one, at]) =>
        node("li", { class: one === level ? "wx-self" : null },
          node("span", { class: "wx-level" }, one.name),
          node("button", { type: "button", onclick: (event) => this.step(event, one, at) }, one.names[at]),
          node("code", {}, one.codes[at])));
      const about = [["households", this.words.households], ["area_km2", this.words.area]]
        .filter(([key]) => level[key] && level[key][row] !== null)
        .map(([key, text]) => weige.say(text, { n: level[key][row].toLocaleString("zh-CN") }));
      return node("div", { class: "wx-told" },
        node("h3", {}, level.names[row]),
        about.length ? node("p", { class: "wx-about" }, about.join(" · ")) : null,
        this.figures(level, row),
        node("ol", { class: "wx-chain" }, ...rows));
    }

    figures(level, row) {
      const rows = [];
      for (const { layer, title } of this.panel.entries) {
        if (layer instanceof weige.Classes) {
          const at = this.shapes.above(level, row, layer.level);
          if (at < 0) continue;
          const colour = layer.colourOf(at);
          rows.push([title, layer.told(at), layer.level === level ? "" : layer.level.names[at], colour, this.map.hasLayer(layer)]);
        } else if (layer instanceof weige.Counts) {
          const told = layer.told(level, row);
          if (told !== null) rows.push([title, told, "", null, this.map.hasLayer(layer)]);
        }
      }
      if (!rows.length) return null;
      return node("dl", { class: "wx-figures" }, ...rows.flatMap(([title, told, where, colour, on]) => {
        const dot = colour ? node("i", {}) : null;
        if (dot) dot.style.background = colour;
        return [
          node("dt", { class: on ? "wx-on" : null }, title, where ? node("small", {}, where) : null),
          node("dd", { class: on ? "wx-on" : null }, dot, told)];
      }));
    }

    /** Go on along a chain. The button leaves the page meanwhile, so the map must not see the click. */
    step(event, level, row) {
      event.stopPropagation();
      this.go(level, row);
    }

    /** Show a whole grid, and what is known of it. */
    go(level, row) {
      if (!level.drawn) return;
      weige.fit(this.map, weige.boundsOf(level.boxes, row), { maxZoom: 16.5 }, level.arcs, [level.rings[row]]);
      this.tell(level, row, weige.latLng(level.spots[2 * row], level.spots[2 * row + 1]));
    }

    moved({ latlng, containerPoint }) {
      if (this.waiting || !window.matchMedia("(hover: hover)").matches) return;
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        const found = this.at(latlng);
        if (!found) return this.unhover();
        const [level, row] = found;
        const theme = this.panel.theme;
        const told = theme && theme.layer.told && theme.layer.level === level ? `：${theme.layer.told(row)}` : "";
        this.hoverText.textContent = `${level.names[row]}${told}`;
        this.hoverText.hidden = false;
        this.hoverText.style.transform = `translate(${containerPoint.x + 14}px, ${containerPoint.y + 16}px)`;
        const before = this.mark.under;
        if (!before || before[0] !== level || before[1] !== row) this.mark.hover(found);
      });
    }

    unhover() {
      this.hoverText.hidden = true;
      if (this.mark.under) this.mark.hover(null);
    }
  }

  weige.Asking = Asking;

  /** A search box that lists grids by code or name; arrows, Enter and Escape work. */
  weige.search = function (shapes, asking, words) {
    const input = document.getElementById("wx-search");
    const list = document.getElementById("wx-found");
    const all = [...shapes.levels, ...shapes.overlays].filter((level) => level.drawn)
      .flatMap((level) => level.codes.map((code, row) => ({ level, row, code, name: level.names[row] })));
    let found = [];
    let at = -1;

    const show = () => {
      const text = input.value.trim();
      const fold = text.toLowerCase();
      found = [];
      if (fold) {
        // What begins with it comes before what holds it; coarse levels before fine ones.
        const ranks = [[], [], []];
        for (const one of all) {
          const rank = one.name === text || one.code.toLowerCase() === fold ? 0
            : one.name.startsWith(text) || one.code.toLowerCase().startsWith(fold) ? 1
              : one.name.includes(text) || one.code.toLowerCase().includes(fold) ? 2 : -1;
          if (rank >= 0 && ranks[rank].length <= MOST) ranks[rank].push(one);
        }
        found = ranks.flat();
      }
      const more = found.length > MOST;
      found = found.slice(0, MOST);
      at = found.length ? 0 : -1;
      list.replaceChildren(
        ...found.map((one, k) => node("li", { role: "option", id: `wx-found-${k}`, "aria-selected": String(k === at), onmousedown: (event) => { event.preventDefault(); pick(k); } },
          node("span", { class: "wx-level" }, one.level.name), node("b", {}, one.name), node("code", {}, one.code))),
        ...(fold && !found.length ? [node("li", { class: "wx-none" }, weige.say(words.nothing, { text }))] : []),
        ...(more ? [node("li", { class: "wx-none" }, words.more)] : []));
      list.hidden = !list.children.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      mark();
    };
    const mark = () => {
      [...list.querySelectorAll("[role=option]")].forEach((one, k) => one.setAttribute("aria-selected", String(k === at)));
      if (at >= 0) input.setAttribute("aria-activedescendant", `wx-found-${at}`);
      else input.removeAttribute("aria-activedescendant");
    };
    const close = () => {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
    };
    const pick = (k) => {
      const one = found[k];
      if (!one) return;
      input.value = one.name;
      close();
      asking.go(one.level, one.row);
    };
    input.addEventListener("input", show);
    input.addEventListener("focus", () => { if (input.value) input.select(); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) show();
        else if (found.length) at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
        mark();
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (list.hidden) show();
        pick(at);
      } else if (event.key === "Escape") {
        close();
      }
    });
  };
})();
