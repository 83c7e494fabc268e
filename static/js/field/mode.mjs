/**
 * For a grid worker with a telephone (`?field=1`, and by itself for that role on a small screen; `?field=0` is the
 * whole page): the own grid with what is open in it, where one stands, a report with a photo. Four large buttons at the thumb.
 */

import { CLOSE_ZOOM } from "../actions.mjs";
import { el, icon } from "../dom.mjs";
import { metres } from "../i18n.mjs";
import { note } from "../panel/parts.mjs";
import { Home } from "./home.mjs";
import { NoFix, whereAmI } from "./where.mjs";

/** A telephone, upright or on its side. */
const SMALL = "(max-width: 760px), (max-height: 480px)";

/** Whether the page is to be like this. @param {string} query @param {string} role of the account @param {boolean} small the screen */
export function isField(query, role, small) {
  const asked = new URLSearchParams(query).get("field");
  return asked === null ? role === "grid_worker" && small : asked === "1";
}

/** @param {import("../app.mjs").App} app */
export function wireField(app) {
  if (!isField(location.search, document.body.dataset.role ?? "", matchMedia(SMALL).matches)) return;
  new Field(app).begin();
}

class Field {
  /** @param {import("../app.mjs").App} app */
  constructor(app) {
    this.app = app;
    this.words = app.words;
    this.home = new Home(app);
    this.begun = false;
    this.bar = el("nav", { class: "field-bar" });
    this.looking = false;
  }

  begin() {
    const { app } = this;
    document.documentElement.dataset.field = "";
    document.body.append(this.bar);
    this.#fillBar();
    app.overview = () => this.home.pane();
    // Whatever else was asked, the own grid stays framed.
    const close = app.close.bind(app);
    app.close = () => {
      close();
      if (this.home.grid) app.view.focus(this.home.grid.geometry);
    };
    app.shell.setTab("incidents"); // where is told if nothing can be read
    // The cards are filled when it is known who asks, and with every change of language.
    const others = app.fillPopovers;
    app.fillPopovers = () => {
      others();
      this.#fillBar();
      this.#first();
    };
    const { desk } = app;
    if (!desk) return;
    const tell = desk.herald.tell.bind(desk.herald);
    desk.herald.tell = async (reported) => {
      await tell(reported);
      await this.home.look();
    };
  }

  /** Once it is known who asks: their grid, unless the address names something else. */
  #first() {
    const { app } = this;
    if (this.begun || !app.desk?.rules) return;
    this.begun = true;
    if (!app.question && !app.desk.waiting && !app.desk.sheet && !app.desk.resuming) this.goHome();
  }

  #fillBar() {
    const t = this.words.t.bind(this.words);
    /** @param {string} name @param {string} key @param {string} mark @param {() => any} act */
    const button = (name, key, mark, act) => el("button", { type: "button", class: "field-button", name: `field-${name}`, on: { click: act } }, icon(mark), el("span", { text: t(key) }));
    this.bar.setAttribute("aria-label", t("worker.bar"));
    this.bar.replaceChildren(
      button("home", "worker.home", "k-grid", () => this.goHome()),
      button("where", "worker.where", "target", () => this.where()),
      button("incidents", "worker.incidents", "bell", () => this.app.desk?.turn("list")),
      ...(document.body.dataset.role === "viewer" ? [] : [button("report", "worker.report", "flag", () => this.report())]));
  }

  /** The own grid: framed, named, with what is open in it. */
  async goHome() {
    this.app.desk?.close();
    this.app.forget();
    this.app.showPlace();
    await this.home.show();
  }

  /** Ask where the telephone is and what lies there. @returns {Promise<boolean>} whether it is known */
  async where() {
    if (this.looking) return false;
    this.looking = true;
    this.bar.dataset.busy = "";
    this.app.shell.toast(this.words.t("worker.looking"));
    try {
      const { lon, lat, accuracyM } = await whereAmI();
      await this.app.ask({ kind: "point", lon, lat, datum: "wgs84", roughM: Math.ceil(accuracyM), by: "map", head: () => this.#sure(accuracyM) });
      if (!this.app.answer) return false; // the pane says why
      this.app.view.go({ lon, lat }, CLOSE_ZOOM);
      this.app.shell.toast(this.words.t("worker.found", { d: metres(accuracyM) }));
      return true;
    } catch (error) {
      if (!(error instanceof NoFix)) throw error;
      this.app.shell.toast(this.words.t(error.key), { label: this.words.t("close"), action: () => {} });
      return false;
    } finally {
      this.looking = false;
      delete this.bar.dataset.busy;
    }
  }

  /** Report at the place that is shown, else where the telephone is. */
  async report() {
    const { app } = this;
    if (app.answer?.lon === undefined && !(await this.where())) return;
    app.actions.report();
  }

  /** How sure the place is, and whether it lies in the own grid. @param {number} accuracyM */
  #sure(accuracyM) {
    const t = this.words.t.bind(this.words);
    const { area, area_name: name } = this.app.desk?.calls.me ?? {};
    const own = !area || this.app.answer?.chain.some((/** @type {any} */ one) => one.code === area);
    return note(own ? "plain" : "warn", own ? "target" : "warn",
      el("p", { text: t("worker.sure", { d: metres(accuracyM) }) }),
      own ? null : el("p", { text: t("worker.elsewhere", { name }) }));
  }
}
