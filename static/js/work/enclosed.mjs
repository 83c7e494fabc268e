/** What lies in a drawn area: grids, dedicated ones too, households, people on duty, groups, open incidents; and whom to call. */

import { byId, el, icon, link } from "../dom.mjs";
import { fileName, pasted, saveTable } from "../download.mjs";
import { signOf } from "../incidents/symbols.mjs";
import { Lines } from "../lines.mjs";
import { failureText } from "../panel/panes.mjs";

/** So many columns of the list are copied: whom to call and which groups to write to. */
const COPIED = 8;

export class EnclosedDrawer {
  /** @param {import("../app.mjs").App} app @param {() => void} cleared called when the area is done with */
  constructor(app, cleared) {
    this.app = app;
    this.cleared = cleared;
    this.box = byId("enclosed");
    /** @type {any} */
    this.found = null;
    app.translated.push(() => this.found && !this.box.hidden && this.fill());
  }

  /** @param {[number, number][]} ring @param {boolean} fit whether the map moves there */
  async ask(ring, fit) {
    const { app } = this;
    app.shell.bring(this.box);
    this.box.replaceChildren(el("header", { class: "card-head" }, el("h2", { id: "enclosed-title", text: app.words.t("loading.more") })), el("div", { class: "bone" }));
    try {
      this.found = await /** @type {any} */ (app.desk).calls.enclosed(ring);
      this.fill();
      const [lon, lat] = [0, 1].map((at) => ring.map((place) => place[at]));
      if (fit) app.view.fit([Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)]);
      app.shell.announce(app.words.join("clauses", this.told.map(([value, text]) => `${value} ${text}`)));
    } catch (error) {
      this.close();
      app.shell.toast(failureText(error, app.words).message);
    }
  }

  close() {
    this.app.shell.putAway(this.box);
    this.found = null;
    this.cleared();
  }

  /** Figures and what they are. @returns {[string, string][]} */
  get told() {
    const { words } = this.app;
    const locale = words.language === "en" ? "en" : "zh-CN";
    const { grids, dedicated, households, incidents, area_km2: area } = this.found;
    const sum = (/** @type {number[]} */ all) => all.reduce((a, b) => a + b, 0);
    const number = (/** @type {number} */ value) => value.toLocaleString(locale, { maximumFractionDigits: 0 });
    const groups = grids.flatMap((/** @type {any} */ one) => one.groups);
    return /** @type {[string, string][]} */ ([
      [number(grids.length), words.t("enclosed.grids")],
      dedicated.length ? [number(dedicated.length), words.t("enclosed.dedicated")] : null,
      [area.toLocaleString(locale, { maximumSignificantDigits: 3 }), "km²"],
      households === null ? null : [number(households), words.t("enclosed.households")],
      [number(sum(this.#all().map((one) => one.staff.length))), words.t("enclosed.staff")],
      [number(groups.length), words.t("enclosed.groups", { n: number(sum(groups.map((/** @type {any} */ one) => one.members))) })],
      incidents === null ? null : [number(incidents.length), words.t("enclosed.incidents")],
    ].filter((one) => one !== null));
  }

  /** Write the drawer. */
  fill() {
    const { app, found } = this;
    const { words } = app;
    const t = words.t.bind(words);
    const rules = app.desk?.rules;
    const columns = ["enclosed.part", "drawer.name", "enclosed.who", "property.households", "enclosed.group"].map((key) => t(key));
    const lines = new Lines({
      label: t("enclosed.grids"),
      open: (one) => app.showGrid(one.code, one.overlay),
      describe: (one) => words.join("clauses", this.#told(one).map((text, i) => text && `${columns[i]} ${text}`).filter(Boolean)),
      cells: (one) => {
        const names = one.groups.map((/** @type {any} */ group) => group.name).join(" · ");
        return this.#told(one).map((text, i) => el("span", { class: ["cell-number", "cell-name", "", "cell-number", ""][i] || null, title: i === 4 && names ? names : null, text }));
      },
    });
    this.box.replaceChildren(
      el("header", { class: "card-head" },
        el("h2", { id: "enclosed-title", text: t("enclosed.title") }),
        found.elsewhere ? el("span", { class: "drawer-count", text: t("enclosed.elsewhere", { n: found.elsewhere }) }) : null,
        el("span", { class: "drawer-gap" }),
        el("span", { class: "faint", text: t("enclosed.list") }),
        ...["csv", "xlsx"].map((format) => el("button", { type: "button", class: "button", name: `enclosed-${format}`, text: format.toUpperCase(), on: { click: () => this.#save(/** @type {"csv"|"xlsx"} */ (format)) } })),
        el("button", { type: "button", class: "button", name: "enclosed-copy", text: t("enclosed.copy"), on: { click: () => this.#copy() } }),
        el("button", { type: "button", class: "icon-button", name: "enclosed-close", "aria-label": t("close"), on: { click: () => this.close() } }, icon("close"))),
      el("ul", { class: "tiles enclosed-tiles" }, ...this.told.map(([value, text]) => el("li", {}, el("strong", { text: value }), el("span", { text })))),
      el("div", { class: "drawer-body" },
        el("div", { class: "drawer-table enclosed-table" },
          el("div", { class: "line-head" }, ...columns.map((text, i) => el("span", { class: i === 3 ? "cell-number" : null, text }))),
          lines.element),
        el("div", { class: "chart enclosed-incidents" }, el("h3", { text: t("layers.incidents_open") }),
          found.incidents?.length && rules
            ? el("ul", { class: "near" }, ...found.incidents.map((/** @type {any} */ one) => el("li", { class: "dup" }, signOf(rules.sign(one)),
              el("span", {}, link(one.title, () => app.desk?.open(one.number)), el("span", { class: "faint", text: [rules.statusName(one.status), one.number].join(" · ") })))))
            : el("p", { class: "faint", text: t("incident.none") }))));
    lines.show(this.#all());
  }

  /** Every grid with people of its own, dedicated ones first: there are few of them. @returns {any[]} */
  #all() {
    const { grids, dedicated } = this.found;
    return [...dedicated.map((/** @type {any} */ one) => ({ ...one, name: `${one.overlay_name} · ${one.name}`, households: null, groups: [] })), ...grids];
  }

  /** What the table says of a grid, by column. @param {any} one @returns {string[]} */
  #told(one) {
    const { words } = this.app;
    const n = one.groups.length;
    const members = one.groups.reduce((/** @type {number} */ sum, /** @type {any} */ group) => sum + group.members, 0);
    return [
      one.part >= 0.995 ? "" : `${Math.max(1, Math.round(one.part * 100))}%`,
      one.name,
      words.join("list", one.staff.map((/** @type {any} */ who) => [who.role || who.label, who.phone].filter(Boolean).join(" "))) || words.t("answer.no_staff"),
      one.households === null ? "–" : words.number(one.households),
      n ? words.t("enclosed.groups_of", { n: words.number(n), m: words.number(members) }) : "",
    ];
  }

  /** Whom to call and which groups to write to: one row each. */
  #rows() {
    const t = this.app.words.t.bind(this.app.words);
    return this.#all().flatMap((/** @type {any} */ grid) => [
      ...grid.staff.map((/** @type {any} */ one) => [t("enclosed.call"), grid.name, grid.code, grid.within, one.role, one.label, one.phone ?? "", null, grid.households, grid.part]),
      ...grid.groups.map((/** @type {any} */ one) => [t("enclosed.write"), grid.name, grid.code, grid.within, "", one.name, "", one.members, grid.households, grid.part]),
    ]);
  }

  /** What the columns are. @returns {{name: string, kind?: "number"}[]} */
  get #columns() {
    const t = this.app.words.t.bind(this.app.words);
    const texts = ["enclosed.how", "drawer.name", "drawer.code", "enclosed.within", "enclosed.role", "enclosed.who", "enclosed.phone"].map((key) => ({ name: t(key) }));
    return [...texts, ...["enclosed.members", "property.households", "enclosed.part"].map((key) => ({ name: t(key), kind: /** @type {"number"} */ ("number") }))];
  }

  /** @param {"csv"|"xlsx"} format */
  async #save(format) {
    const { app, found } = this;
    const t = app.words.t.bind(app.words);
    try {
      await saveTable(/** @type {any} */ (app.desk).calls, {
        name: fileName(app.city.name, t("enclosed.list"), new Date().toISOString().slice(0, 10)), format,
        columns: [...this.#columns, { name: t("generation") }, { name: t("synthetic.badge") }],
        rows: this.#rows().map((/** @type {any[]} */ row) => [...row, found.generation, found.synthetic]),
      });
    } catch (error) {
      app.shell.toast(failureText(error, app.words).message);
    }
  }

  #copy() {
    const names = this.#columns.map(({ name }) => name);
    this.app.copy(pasted([names, ...this.#rows()].map((row) => row.slice(0, COPIED))), this.app.words.t("enclosed.list"));
  }
}
