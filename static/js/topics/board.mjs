/** The topic that is drawn over the city: asked for, drawn, explained, and kept in the address. */

import { isStale } from "../api.mjs";
import { failureText } from "../panel/panes.mjs";
import { levelName } from "../panel/parts.mjs";
import { quantileEdges } from "./classes.mjs";
import { figuresOf, zeroColour } from "./figures.mjs";
import { COLOUR, colourOf, marksOf } from "./layer.mjs";
import { daysOf, hasMonths, KINDS, monthsOf, monthText, parseTopic, topicOf, topicText } from "./spec.mjs";
import { SOURCE } from "../map/source.mjs";

/** @typedef {import("./spec.mjs").Topic} Topic */
/** @typedef {import("./figures.mjs").Figures} Figures */

/** Classes of the months of a period, which hold for all of them. */
const MONTH_CLASSES = 5;
/** A level is proposed that has about this many grids. */
const FIT = 400;

/** So many answers are kept. */
const KEPT = 120;

export class Board {
  /** @param {import("../app.mjs").App} app @param {any} palette */
  constructor(app, palette) {
    this.app = app;
    this.palette = palette;
    /** @type {Topic|null} */
    this.topic = null;
    /** What is drawn now: the whole period or one month. @type {Figures|null} */
    this.figures = null;
    /** The whole period. @type {Figures|null} */
    this.whole = null;
    /** @type {Map<string, any>} answers by their question */
    this.kept = new Map();
    /** Ids and names of the measures of a meaning of coverage. @type {[string, string][]} */
    this.measures = [];
    /** Edges of classes for months. @type {number[]|null} */
    this.monthEdges = null;
    /** @type {AbortController|null} */
    this.asking = null;
    this.busy = false;
    /** `passes`: it may work when the server is back. @type {{message: string, hint: string, passes: boolean}|null} */
    this.wrong = null;
    /** What of the style was drawn last. */
    this.styled = "";
    /** The colour that the map was told of each grid. @type {{level: string, colours: Map<string, string>}} */
    this.painted = { level: "", colours: new Map() };
    /** How grids are coloured, by level, of all that was drawn. @type {Record<string, import("./layer.mjs").Fill>} */
    this.fills = {};
    /** Called whenever there is something else to show. @type {(() => void)[]} */
    this.listeners = [];
    app.topicText = () => topicText(this.#dated());
    app.translated.push(() => this.redraw());
    app.recoloured.push(() => this.redraw());
  }

  /** The topic with the days that were answered: the last year is another one tomorrow. @returns {Topic|null} */
  #dated() {
    const { topic, whole } = this;
    return topic && !topic.from && !topic.to && whole?.period ? { ...topic, ...whole.period } : topic;
  }

  /** Draw what an address says. @param {string} text */
  follow(text) {
    if (text === topicText(this.#dated())) return;
    const topic = parseTopic(text);
    if (text && !topic) this.app.shell.toast(this.app.words.t("topic.unknown", { text, all: KINDS.join(", ") }));
    this.show(topic);
  }

  /** Change some of what is drawn. @param {Partial<Topic>} values */
  change(values) {
    const { kind, subject, level, from, to } = this.topic ?? topicOf({});
    // What belongs to one kind means nothing to another; a hazard does.
    const isOther = values.kind !== undefined && values.kind !== kind;
    const same = isOther && (kind === "coverage" || values.kind === "coverage") ? "" : subject;
    return this.show({ ...(isOther ? topicOf({ subject: same, level, from, to }) : this.topic ?? topicOf({})), ...values });
  }

  /** @param {Topic|null} topic null for nothing */
  async show(topic) {
    const before = this.topic;
    this.topic = topic && this.#completed(topic);
    this.asking?.abort();
    this.wrong = null;
    if (!this.topic) {
      this.figures = this.whole = null;
      this.#draw();
      this.#tell();
      return;
    }
    const own = new AbortController();
    this.asking = own;
    if (!before || base(before) !== base(this.topic)) this.monthEdges = null;
    this.busy = true;
    this.#tell();
    try {
      await this.#load(this.topic, own.signal);
    } catch (error) {
      if (isStale(error)) return;
      this.wrong = { ...failureText(error, this.app.words), passes: /** @type {any} */ (error)?.kind !== "server" };
      this.figures = this.whole = null;
      this.#draw();
    }
    this.busy = false;
    this.#tell();
    if (this.figures) this.app.shell.announce(this.figures.title);
  }

  /** @param {Topic} topic @param {AbortSignal} signal */
  async #load(topic, signal) {
    const whole = await this.ask({ ...topic, month: "" }, signal);
    const english = this.app.words.language === "en";
    this.measures = (whole.measures ?? []).map((/** @type {any} */ one) => [one.id, english ? one.name.en : one.name.zh]);
    this.whole = figuresOf(topic, whole, this.context());
    this.figures = this.whole;
    if (topic.month && this.months.includes(topic.month)) {
      const edges = await this.#edgesOfMonths(topic, signal);
      this.figures = figuresOf(topic, await this.ask(topic, signal, edges), this.context(), edges);
    }
    this.#draw();
  }

  /** Months of the period that can be looked at. @returns {string[]} */
  get months() {
    const period = this.whole?.period;
    return this.topic && period && hasMonths(this.topic) ? monthsOf(period.from, period.to) : [];
  }

  /** The month that is shown, in words; "" where the whole period is. */
  get month() {
    const month = this.topic?.month ?? "";
    return this.months.includes(month) ? this.told(month) : "";
  }

  /** A month of the period in words. @param {string} month */
  told(month) {
    return monthText(month, this.whole?.period ?? null);
  }

  /** Classes that hold for all months: those of the whole period for a density, for figures those of all months together. @param {Topic} topic @param {AbortSignal} signal */
  async #edgesOfMonths(topic, signal) {
    if (topic.kind === "heat") return /** @type {Figures} */ (this.whole).edges;
    if (topic.kind === "hotspots") return []; // named classes hold for any period
    if (this.monthEdges) return this.monthEdges;
    const all = await Promise.all(this.months.map((month) => this.ask({ ...topic, month }, signal)));
    const values = all.flatMap(({ grids }) => grids.value.filter((/** @type {any} */ one, /** @type {number} */ i) => grids.state[i] === "value"));
    this.monthEdges = quantileEdges(values, MONTH_CLASSES);
    return this.monthEdges;
  }

  /** @param {Topic} topic @param {AbortSignal} [signal] @param {number[]} [breaks] of a density */
  ask(topic, signal, breaks) {
    return this.read(this.path(topic, breaks), signal);
  }

  /** Read figures, or have them as long as no incident changes. @param {string} path @param {AbortSignal} [signal] */
  async read(path, signal) {
    const known = this.kept.get(path);
    const seq = this.app.desk?.feed?.seq ?? 0;
    if (known && known.seq === seq) return known.answer;
    const answer = await /** @type {any} */ (this.app.desk).calls.get(path, signal);
    this.kept.set(path, { answer, seq });
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value ?? "");
    return answer;
  }

  /** Where the server answers a topic. @param {Topic & {area?: string}} topic @param {number[]} [breaks] */
  path({ kind, subject, measure, level, from, to, month, area = "" }, breaks) {
    /** @type {Record<string, string>} */
    let query = { level };
    if (kind === "coverage") query = { kind: subject, level, gaps: "0" };
    else {
      const days = month ? daysOf(month, this.whole?.period) : { from, to };
      query = { hazard: subject, area, level: kind === "heat" ? "" : level, ...days };
      if (kind === "heat") query.breaks = (breaks ?? []).join(",");
      else query.measure = measure;
      if (kind === "hotspots") query.trend = "false";
    }
    const given = Object.entries(query).filter(([, value]) => value);
    const where = { heat: "heat", rates: "stats", hotspots: "hotspots", trends: "hotspots", coverage: "coverage" }[kind];
    return `/${where}?${new URLSearchParams(given)}`;
  }

  /** What figures are told and coloured with. @returns {import("./figures.mjs").Context} */
  context() {
    const { words, city, desk } = this.app;
    return {
      words,
      palette: this.palette,
      dark: document.documentElement.dataset.theme === "dark",
      hazardName: (id) => (id ? desk?.rules?.hazardName(id) ?? id : words.t("topic.all")),
      levelName: (id) => {
        const level = [...city.levels, ...city.overlays].find((/** @type {any} */ one) => one.id === id);
        return level ? levelName(id, level.name, words) : id;
      },
    };
  }

  /** After a change of language or theme. */
  redraw() {
    if (this.topic) this.show(this.topic);
  }

  /** Fill in what the topic leaves open. @param {Topic} topic @returns {Topic} */
  #completed(topic) {
    const { levels } = this.app.city;
    const fits = [...levels].reverse().find((/** @type {any} */ one) => one.count <= FIT) ?? levels[0];
    const level = levels.some((/** @type {any} */ one) => one.id === topic.level) ? topic.level : topic.kind === "heat" ? "" : fits.id;
    const subject = topic.subject || (topic.kind === "coverage" ? "reach" : "");
    const measure = topic.measure || { rates: "per_household", hotspots: "count", trends: "count" }[topic.kind] || "";
    return { ...topic, level, subject, measure };
  }

  #draw() {
    const { view } = this.app;
    const { figures } = this;
    if (!view.map) return;
    if (figures?.form === "grids") this.fills = { ...this.fills, [figures.level]: { colours: figures.colours, zero: zeroColour(this.palette, view.look.theme === "dark") } };
    view.look.drawn = {
      form: figures?.form ?? "none",
      level: figures?.level ?? "",
      colours: figures?.colours ?? [],
      fills: this.fills,
      bands: figures?.bands ?? null,
      ...marksOf(figures),
    };
    this.#paint();
    // Other figures are only other colours of grids: the style stays.
    const { form, level, bands, fills, hatched, dotted, textured } = view.look.drawn;
    const style = bands ? "" : JSON.stringify([form, level, Object.keys(fills), hatched, dotted, textured, view.look.theme]);
    if (!style || style !== this.styled) view.restyle();
    this.styled = style;
  }

  /** Tell the map the colour of every grid; only what is another is told. */
  #paint() {
    const { view } = this.app;
    if (!view.hasTiles) return;
    if (!view.isStyled) {
      view.map.once("style.load", () => this.#paint()); // figures can be here before the map's first picture
      return;
    }
    const level = this.figures?.level ?? "";
    /** @type {Map<string, string>} */
    const wanted = new Map();
    for (const row of this.figures?.rows ?? []) {
      const colour = colourOf(this.fills[level], row);
      if (colour) wanted.set(row.code, colour);
    }
    const { map } = view;
    const before = this.painted;
    for (const id of before.colours.keys()) {
      if (before.level !== level || !wanted.has(id)) map.removeFeatureState({ source: SOURCE, sourceLayer: before.level, id }, COLOUR);
    }
    for (const [id, colour] of wanted) {
      if (before.level === level && before.colours.get(id) === colour) continue;
      map.setFeatureState({ source: SOURCE, sourceLayer: level, id }, { [COLOUR]: colour });
    }
    this.painted = { level, colours: wanted };
  }

  #tell() {
    for (const one of this.listeners) one();
    this.app.writeAddress();
  }
}

/** What of a topic other months do not change. @param {Topic} topic */
function base(topic) {
  return topicText({ ...topic, month: "", besideFrom: "", besideTo: "" });
}
