/** The list of layers by group, and the legend of those that are on. */
(function () {
  "use strict";
  const weige = window.weige;
  const { node } = weige;

  /**
   * @typedef {object} Entry
   * @property {string} group heading
   * @property {string} title
   * @property {L.Layer} layer
   * @property {boolean} alone whether it is shown instead of others of its kind
   * @property {any} legend
   */
  class Panel {
    /** @param {L.Map} map @param {Entry[]} entries @param {any} words */
    constructor(map, entries, words) {
      Object.assign(this, { map, entries, words });
      this.list = document.getElementById("wx-layers");
      this.legend = document.getElementById("wx-legend");
      this.inputs = [];
      this.fill();
      map.on("layeradd layerremove", ({ layer }) => {
        if (entries.some((entry) => entry.layer === layer)) this.told();
      });
      const button = document.getElementById("wx-fold");
      const fold = (folded) => {
        document.body.classList.toggle("wx-folded", folded);
        button.setAttribute("aria-expanded", String(!folded));
      };
      button.addEventListener("click", () => fold(!document.body.classList.contains("wx-folded")));
      // On a small screen the map comes first.
      if (window.matchMedia("(max-width: 760px)").matches) fold(true);
      this.told();
    }

    /** The one layer of classes or heat that is shown, or undefined. */
    get theme() {
      return this.entries.find((entry) => entry.alone && this.map.hasLayer(entry.layer));
    }

    fill() {
      const groups = new Map();
      for (const entry of this.entries) groups.set(entry.group, [...(groups.get(entry.group) || []), entry]);
      let number = 0;
      for (const [title, entries] of groups) {
        const rows = entries.map((entry) => {
          number += 1;
          const id = `wx-layer-${number}`;
          const input = node("input", {
            id,
            type: entry.alone ? "radio" : "checkbox",
            name: entry.alone ? "wx-theme" : id,
            onchange: () => this.set(entry, input.checked),
          });
          this.inputs.push([entry, input]);
          return node("li", {}, node("label", { for: id }, input, node("span", {}, entry.title)));
        });
        this.list.append(node("section", {}, node("h3", {}, title), node("ul", {}, ...rows)));
      }
      if (this.entries.some((entry) => entry.alone)) {
        const input = node("input", { id: "wx-layer-0", type: "radio", name: "wx-theme", onchange: () => this.set(null, true) });
        this.inputs.push([null, input]);
        const row = node("li", {}, node("label", { for: "wx-layer-0" }, input, node("span", {}, this.words.no_theme)));
        const last = [...this.list.children].filter((one) => one.querySelector("[type=radio]")).pop();
        last.querySelector("ul").append(row);
      }
    }

    /** Switch a layer on or off; of those that exclude each other one stays. */
    set(entry, on) {
      if (!entry || entry.alone) {
        for (const other of this.entries) if (other.alone && other !== entry) other.layer.remove();
      }
      if (entry && on) entry.layer.addTo(this.map);
      else if (entry) entry.layer.remove();
      this.told();
    }

    /** Bring inputs and legend up to what is on the map. */
    told() {
      for (const [entry, input] of this.inputs) {
        input.checked = entry ? this.map.hasLayer(entry.layer) : !this.theme;
      }
      const shown = this.entries.filter((entry) => entry.legend && this.map.hasLayer(entry.layer));
      this.legend.replaceChildren(...shown.map((entry) => legendOf(entry, this.words)));
      this.map.fire("wx-layers");
    }
  }

  function legendOf({ legend }, words) {
    const rows = legend.rows.map((row) =>
      node("li", {}, swatch(row), node("span", { class: "wx-class" }, row.label), row.count === undefined ? null : node("span", { class: "wx-count" }, `${row.count}`)));
    return node(
      "section",
      { class: "wx-key" },
      node("h3", {}, legend.title),
      legend.unit ? node("p", { class: "wx-unit" }, weige.say(words.unit, { unit: legend.unit })) : null,
      node("ul", { class: legend.rows.some((row) => row.radius) ? "wx-discs" : "" }, ...rows),
      ...legend.notes.map((text) => node("p", { class: "wx-note" }, text)));
  }

  function swatch({ colour, mark, radius, outline, texture }) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "wx-swatch");
    svg.setAttribute("aria-hidden", "true");
    const part = (tag, attributes) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      svg.append(made);
    };
    if (radius) {
      svg.setAttribute("viewBox", "0 0 24 16");
      part("circle", { cx: 12, cy: 8, r: Math.min(7.5, radius), fill: colour, stroke: "#0003" });
      return svg;
    }
    svg.setAttribute("viewBox", "0 0 24 16");
    part("rect", { x: 0.5, y: 0.5, width: 23, height: 15, rx: 2, fill: colour, stroke: outline || "#0002" });
    if (texture) {
      const d = texture.strokes.flatMap(([x, y, toX, toY]) => [0, 12].map((by) => `M${x + by} ${y + 2}L${toX + by + (x === toX && y === toY ? 0.01 : 0)} ${toY + 2}`));
      const isDot = texture.strokes.every(([x, y, toX, toY]) => x === toX && y === toY);
      part("path", { d: d.join(""), stroke: texture.ink, "stroke-width": isDot ? 3 : 1.5, "stroke-linecap": "round", "stroke-opacity": 0.78 });
    }
    if (mark === "hatch") part("path", { d: "M-2 10 8 0M2 16 18 0M10 16 26 0M18 16 26 8", stroke: outline, "stroke-width": 1.1 });
    if (mark === "dots") {
      for (const [x, y] of [[4, 4], [8, 8], [12, 4], [16, 8], [20, 4], [4, 12], [12, 12], [20, 12]]) part("circle", { cx: x, cy: y, r: 1, fill: outline });
    }
    return svg;
  }

  weige.Panel = Panel;
})();
