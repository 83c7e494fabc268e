/** The rail of buttons, and the cards that they open. */

import { aboutBody } from "./about.mjs";
import { byId } from "./dom.mjs";
import { inLanguage, remember } from "./i18n.mjs";
import { layersBody } from "./layers.mjs";
import { showNoTiles } from "./map/wiring.mjs";

/** @typedef {import("./app.mjs").App} App */

const root = document.documentElement;

/** @param {App} app @param {any} palette */
export function wireRail(app, palette) {
  const { words, shell } = app;
  const theme = byId("switch-theme");
  const language = byId("switch-language");
  const show = () => {
    theme.setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
    language.textContent = words.language === "en" ? "中" : "EN";
    language.lang = words.language === "en" ? "zh-CN" : "en";
    language.setAttribute("aria-label", words.t("rail.other_language"));
    document.title = words.language === "en" ? `${app.city.name} · Weige` : `${app.city.name} · 微格`;
  };
  theme.addEventListener("click", () => {
    const wanted = root.dataset.theme === "dark" ? "light" : "dark";
    root.dataset.theme = wanted in palette.themes ? wanted : "light";
    app.view.setTheme(root.dataset.theme);
    for (const one of app.recoloured) one();
    show();
    remember("weige.theme", root.dataset.theme);
  });
  language.addEventListener("click", async () => {
    await words.use(words.language === "en" ? "zh" : "en", true);
    show();
    app.fillPopovers();
    app.search?.translate();
    app.keys?.fill();
    if (byId("map-state").dataset.kind === "tiles") showNoTiles(app);
    app.view.map?.getCanvas().setAttribute("aria-label", words.t("map.label"));
    app.desk?.translate();
    for (const one of app.translated) one();
    if (app.corrections?.isOpen) app.corrections.translate();
    else await app.translate();
  });
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the view
    byId("search-text").focus();
  });
  document.getElementById("open-synthetic")?.addEventListener("click", () => shell.togglePopover("about"));
  byId("open-panel").addEventListener("click", () => app.togglePanel());
  byId("close-panel").addEventListener("click", () => closePanel(app));
  show();
}

/** @param {App} app */
export function closePanel(app) {
  const inside = app.shell.panel.contains(document.activeElement);
  app.close();
  if (inside) (app.view.map?.getCanvas() ?? byId("search-text")).focus({ preventScroll: true });
}

/** @param {App} app @param {string} version */
export function fillPopovers(app, version) {
  const { words } = app;
  byId("layers-body").replaceChildren(...layersBody(app.city, {
    words,
    hidden: app.view.look?.hidden ?? new Set(),
    change: (id, shown) => {
      app.view.setShown(id, shown);
      app.writeAddress();
    },
    domains: app.desk?.domains() ?? [],
    basemaps: app.basemaps,
  }));
  byId("about-body").replaceChildren(...aboutBody(app.city, { words, version }));
  const statement = document.getElementById("synthetic-text");
  if (statement) statement.textContent = inLanguage(app.city.synthetic, words.language);
}
