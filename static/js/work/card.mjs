/** The card of tools: measure, look into an area, print, take a picture, keep a view. */

import { byId, el, icon } from "../dom.mjs";
import { fileName, save } from "../download.mjs";
import { failureText } from "../panel/panes.mjs";
import { EnclosedDrawer } from "./enclosed.mjs";
import { page } from "./page.mjs";
import { Pen } from "./pen.mjs";
import { PAPERS, picture, SCREEN } from "./picture.mjs";
import { KeptViews } from "./views.mjs";

/**
 * @param {import("../app.mjs").App} app @param {import("../topics/board.mjs").Board} board
 * @param {string} first what of the address is drawn
 * @returns {{follow: (text: string) => void}} draws what another address says
 */
export function wireWork(app, board, first) {
  const { words } = app;
  const drawer = new EnclosedDrawer(app, () => pen.clear());
  const pen = new Pen(app, (ring, fit) => drawer.ask(ring, fit));
  const kept = new KeptViews(/** @type {any} */ (app.desk).calls);
  let name = "";
  // Until what the address said can be drawn, it stays there.
  let wanted = first;
  app.shapeText = () => wanted || pen.text;

  const named = (/** @type {string} */ end) => `${fileName(app.city.name, board.figures?.title ?? "", new Date().toISOString().slice(0, 10))}.${end}`;
  /** @param {import("./picture.mjs").Sheet} sheet */
  const drawn = (sheet) => {
    app.shell.toast(words.t("picture.drawing"));
    return picture(app, board, sheet);
  };
  const toPng = async () => {
    app.shell.closePopovers();
    const canvas = await drawn(SCREEN);
    canvas.toBlob((blob) => blob && save(blob, named("png")), "image/png");
  };
  const toHtml = async () => {
    app.shell.closePopovers();
    save(new Blob([page(app, board, (await drawn(SCREEN)).toDataURL("image/png"))], { type: "text/html" }), named("html"));
  };
  const print = async (/** @type {string} */ paper) => {
    app.shell.closePopovers();
    const sheet = byId("sheet");
    const image = /** @type {HTMLImageElement} */ (el("img", { alt: words.t("print.alt"), src: (await drawn(PAPERS[paper])).toDataURL("image/png") }));
    await image.decode().catch(() => {});
    sheet.replaceChildren(image);
    sheet.dataset.paper = paper;
    document.documentElement.dataset.sheet = "";
    window.print();
  };
  // The page itself is printed on light ground, too; what it looks like is a matter of the screen.
  const repaint = (/** @type {string} */ theme) => {
    if (!app.view.map || document.documentElement.dataset.theme !== "dark") return;
    app.view.setTheme(theme);
    app.view.map.redraw();
  };
  addEventListener("beforeprint", () => {
    if ("sheet" in document.documentElement.dataset) return;
    repaint("light");
    byId("strip").dataset.printed = [app.city.name, words.t("picture.made", { when: new Date().toLocaleString(words.language === "en" ? "en-GB" : "zh-CN", { dateStyle: "short", timeStyle: "short" }) })].join(" · ");
  });
  addEventListener("afterprint", () => {
    if ("sheet" in document.documentElement.dataset) delete document.documentElement.dataset.sheet;
    else repaint("dark");
  });

  /** Draw a picture, or say that it was not. @param {() => Promise<any>} act */
  const drawing = (act) => act().catch((error) => {
    console.info("picture:", error);
    app.shell.toast(words.t("picture.failed"));
  });
  /** Change what is kept, or say why not. @param {() => Promise<any>} act */
  const change = async (act) => {
    try {
      await act();
    } catch (error) {
      app.shell.toast(failureText(error, words).message);
    }
    fill();
  };
  const fill = () => {
    const t = words.t.bind(words);
    /** @param {string} ident @param {string} mark @param {string} label @param {() => any} act */
    const tool = (ident, mark, label, act) => el("button", { type: "button", class: "menu-item", name: `work-${ident}`, on: { click: act } }, icon(mark), label);
    byId("work-body").replaceChildren(
      ...(app.view.map ? [
        tool("line", "ruler", t("work.line"), () => pen.begin("line")),
        tool("area", "area", t("work.area"), () => pen.begin("area")),
        tool("enclose", "lasso", t("work.enclose"), () => pen.begin("enclose")),
        el("hr"),
        ...Object.keys(PAPERS).map((paper) => tool(paper, "print", t("work.print", { paper: paper.toUpperCase() }), () => drawing(() => print(paper)))),
        tool("png", "image", t("work.png"), () => drawing(toPng)),
        tool("html", "image", t("work.html"), () => drawing(toHtml)),
        el("hr"),
      ] : []),
      el("h3", { text: t("views.title") }),
      el("form", { class: "view-form", on: { submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        if (!name.trim()) return;
        app.writeAddress();
        change(async () => {
          await kept.keep(name, location.hash);
          name = "";
        });
      } } },
        el("input", { type: "text", name: "view-name", maxlength: 60, value: name, placeholder: t("views.name"), "aria-label": t("views.name"), autocomplete: "off", on: { input: (/** @type {any} */ event) => { name = event.target.value; } } }),
        el("button", { type: "submit", class: "button", name: "view-keep", text: t("views.keep") })),
      kept.list.length ? el("ul", { class: "views" }, ...kept.list.map((one) => el("li", {},
        el("button", { type: "button", class: "row", data: { view: one.name }, text: one.name, on: { click: () => { location.hash = one.hash; } } }),
        el("button", { type: "button", class: "icon-button", "aria-label": t("views.drop", { name: one.name }), on: { click: () => change(() => kept.drop(one.name)) } }, icon("close"))))) : el("p", { class: "faint", text: t("views.none") }),
      el("p", { class: "faint", text: t(kept.isShared ? "views.shared" : "views.here") }));
  };
  const follow = (/** @type {string} */ text) => {
    wanted = "";
    if (!byId("enclosed").hidden && text !== pen.text) drawer.close();
    pen.follow(text);
  };
  const others = app.fillPopovers;
  let begun = false;
  app.fillPopovers = () => {
    others();
    fill();
    // What is inside is asked for once it is known who asks, and incidents are told with their names.
    if (app.desk?.rules && !begun) {
      begun = true;
      if (wanted) follow(wanted);
    }
    kept.follow().then((other) => other && fill(), () => {}); // what failed is tried again with the next change
  };
  fill();
  app.menuItems.push({ name: "measure", label: "menu.measure", mark: "ruler", act: ({ lon, lat }) => pen.begin("line", [[lon, lat]]) });
  app.stepBack = () => {
    if (!byId("enclosed").hidden) {
      drawer.close();
      return true;
    }
    if (!byId("drawer").hidden) {
      /** @type {HTMLElement|null} */ (byId("drawer").querySelector('[name="drawer-close"]'))?.click();
      return true;
    }
    return pen.wipe();
  };
  app.keys?.add("m", "keys.measure", () => pen.begin("line"));
  app.keys?.add("a", "keys.enclose", () => pen.begin("enclose"));
  app.keys?.add("w", "keys.work", () => byId("open-work").click());
  return { follow };
}
