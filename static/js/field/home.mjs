/** What a grid worker comes back to: the own grid by name, and what is open in it. */

import { el, icon, link } from "../dom.mjs";
import { signOf } from "../incidents/symbols.mjs";
import { ago, dueText } from "../incidents/times.mjs";
import { failureText } from "../panel/panes.mjs";
import { codeTag, foot, levelName, note, section } from "../panel/parts.mjs";

const MOST = 20;

export class Home {
  /** @param {import("../app.mjs").App} app */
  constructor(app) {
    this.app = app;
    /** The grid to which the account is limited; none for the whole city. @type {any} */
    this.grid = null;
    /** @type {any} */
    this.open = null;
    /** @type {any} */
    this.failure = null;
  }

  get #calls() {
    return /** @type {import("../incidents/desk.mjs").IncidentDesk} */ (this.app.desk).calls;
  }

  /** Whether it is what the panel shows. */
  get #isShown() {
    const { app } = this;
    return app.shell.panelOpen && app.shell.tab === "place" && !app.answer && !app.failure;
  }

  /** Put the own grid on the map, and read what is open in it. */
  async show() {
    const { app } = this;
    const area = this.#calls.me?.area;
    try {
      if (area && !this.grid) this.grid = await app.api.gridAside(area);
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
    if (this.#isShown) {
      if (this.grid) app.view.focus(this.grid.geometry);
      app.view.fit(this.grid?.bounds ?? app.city.bounds);
      app.shell.announce(this.grid?.name ?? app.city.name);
    }
    await this.look();
  }

  /** Read anew what is open. */
  async look() {
    try {
      // The server gives an account of an area what lies in its area, and nothing else.
      this.open = await this.#calls.list({ status: "open", limit: MOST });
    } catch (error) {
      this.failure = error;
    }
    if (this.#isShown) this.app.refreshPlace();
  }

  /** @returns {HTMLElement} */
  pane() {
    const { app, grid } = this;
    const { words, actions, city } = app;
    const t = words.t.bind(words);
    const above = grid?.chain.filter((/** @type {any} */ one) => one.code !== grid.code) ?? [];
    return el("article", { class: "pane field-home", data: { pane: "field" } },
      el("p", { class: "pane-kicker" }, el("span", { class: "badge", text: t("worker.home") }),
        grid ? el("span", { text: levelName(grid.level, grid.level_name, words) }) : null),
      el("h2", { class: "pane-title", text: grid?.name ?? city.name }),
      grid ? codeTag(grid.code, words, actions) : el("p", { class: "pane-text", text: t("worker.whole_city") }),
      above.length ? el("p", { class: "faint", text: above.map((/** @type {any} */ one) => one.name).join(" › ") }) : null,
      this.failure ? note("bad", "warn", el("p", { text: failureText(this.failure, words).message }), link(t("error.retry"), () => this.show())) : null,
      this.#incidents(),
      el("div", { class: "actions field-more" },
        el("a", { class: "button", href: "?field=0", text: t("worker.whole_page") }),
        document.getElementById("mode") ? null : el("a", { class: "button", href: "/account", text: t("worker.account") }),
        el("button", { type: "button", class: "button", name: "field-language", text: words.language === "en" ? "中文" : "English", on: { click: () => document.getElementById("switch-language")?.click() } })),
      foot(city, words));
  }

  #incidents() {
    const { app, open } = this;
    const { words } = app;
    const rules = app.desk?.rules;
    if (!open || !rules) return el("div", { "aria-busy": "true" }, ...Array.from({ length: 5 }, () => el("div", { class: "bone" })));
    return section(words.t("worker.open", { n: open.total }),
      open.incidents.length
        ? el("ul", { class: "field-rows" }, ...open.incidents.map((/** @type {any} */ one) => {
          const due = dueText(one, words);
          return el("li", {}, el("button", { type: "button", class: "field-row", data: { number: one.number }, on: { click: () => app.desk?.open(one.number, { go: true }) } },
            signOf(rules.sign(one)),
            el("span", { class: "field-what" }, el("strong", { text: one.title }),
              el("span", { class: "faint", text: [rules.statusName(one.status), ago(one.reported_at, words)].join(" · ") })),
            due ? el("span", { class: "inc-due", data: { late: String(due.late) }, text: due.text }) : null));
        }))
        : el("p", { class: "pane-text" }, icon("check"), words.t("worker.none")),
      open.total > open.incidents.length ? el("button", { type: "button", class: "button", text: words.t("worker.all", { n: open.total }), on: { click: () => app.desk?.show() } }) : null);
  }
}
