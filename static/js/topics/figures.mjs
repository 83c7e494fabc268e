/** From an answer of the server to what is drawn, listed and explained: one shape for every kind of topic. */

import { mix } from "../map/scale.mjs";
import { classLabels, classOf, numberText, PATTERNS, quantileEdges, ramp, SHARE_EDGES, SPOTS, spotOf } from "./classes.mjs";
import { textureOf } from "./textures.mjs";

/** @typedef {import("./spec.mjs").Topic} Topic */
/** @typedef {import("../i18n.mjs").Words} Words */
/** @typedef {import("./textures.mjs").Texture} Texture */
/**
 * @typedef {object} Row one grid
 * @property {string} code @property {string} name
 * @property {number} place its class, -1 for none
 * @property {string} state value, zero, no_data or suppressed
 * @property {number|null} value @property {number|null} count @property {number|null} whole the denominator
 * @property {string} told the figure in words, where it is no number
 */
/**
 * @typedef {object} LegendRow
 * @property {string} colour @property {string} label
 * @property {number|null} [count] grids
 * @property {""|"hatch"|"dots"} [mark]
 * @property {Texture|null} [texture] what says the same as the colour
 */
/**
 * @typedef {object} Figures
 * @property {"bands"|"grids"} form
 * @property {string} level "" for bands
 * @property {string} title @property {string} unit
 * @property {string} [bandwidth] of a density, in words
 * @property {string[]} colours by class
 * @property {(Texture|null)[]} textures by class, where classes have names and no order
 * @property {Row[]} rows @property {any} bands GeoJSON
 * @property {LegendRow[]} legend
 * @property {string[]} notes
 * @property {{from: string, to: string}|null} period days
 * @property {{key: string, n: number}[]} left incidents that are on no grid, and why
 * @property {string} generation
 * @property {number[]} edges of the classes, where they are numbers
 * @property {{value: string, count: string, whole: string}} columns what the figures of rows are
 */

/**
 * @typedef {object} Context
 * @property {Words} words @property {any} palette @property {boolean} dark
 * @property {(id: string) => string} hazardName @property {(level: string) => string} levelName
 */

/** The ramp of a hazard. @param {any} palette @param {string} subject */
function hues(palette, subject) {
  return palette.ramps[subject.split(".")[0] || "all"] ?? palette.ramps.other;
}

/**
 * @param {Topic} topic @param {any} answer @param {Context} context
 * @param {number[]|null} [fixed] edges of classes that hold for several answers
 * @returns {Figures}
 */
export function figuresOf(topic, answer, context, fixed = null) {
  const made = figuresInLight(topic, answer, context, fixed);
  return context.dark ? inTheDark(made, context.palette.themes.dark.map.land) : made;
}

/** How much of the ground's colour is in those of classes, so that a dark wall is no lamp and names can be read. */
const GROUND = 0.36;

/** @param {Figures} figures @param {string} land @returns {Figures} */
function inTheDark(figures, land) {
  const colours = figures.colours.map((colour) => mix(colour, land, GROUND));
  return { ...figures, colours, legend: figures.legend.map((one, i) => (i < colours.length ? { ...one, colour: colours[i] } : one)) };
}

/** @param {Topic} topic @param {any} answer @param {Context} context @param {number[]|null} fixed @returns {Figures} */
function figuresInLight(topic, answer, context, fixed) {
  if (topic.kind === "heat") return heat(topic, answer, context, fixed);
  if (topic.kind === "rates") return rates(topic, answer, context, fixed);
  if (topic.kind === "coverage") return coverage(topic, answer, context);
  return spots(topic, answer, context);
}

/** @param {any} about @param {Words} words */
function shared(about, words) {
  const say = (/** @type {any} */ both) => (words.language === "en" ? both.en : both.zh);
  return {
    period: { from: about.period.from.slice(0, 10), to: about.period.to.slice(0, 10) },
    generation: about.generation,
    unit: say(about.unit),
    // That the data is synthetic stands below the map at all times.
    notes: about.notes.filter((/** @type {any} */ one) => !about.synthetic.includes(one.zh)).map(say),
  };
}

/** @param {Topic} topic @param {any} answer @param {Context} context @param {number[]|null} fixed @returns {Figures} */
function heat(topic, answer, { words, palette, dark, hazardName }, fixed) {
  const { about } = answer;
  const locale = localeOf(words);
  const breaks = fixed ?? about.breaks;
  const colours = ramp(hues(palette, topic.subject), breaks.length, dark);
  const texts = breaks.map((/** @type {number} */ one) => numberText(one, locale));
  const told = shared(about, words);
  const reason = words.language === "en" ? about.bandwidth_reason.en : about.bandwidth_reason.zh;
  return {
    ...told,
    form: "bands",
    level: "",
    title: words.t("topic.title.heat", { hazard: hazardName(topic.subject) }),
    colours,
    textures: [],
    rows: [],
    bands: {
      type: "FeatureCollection",
      features: answer.features.map((/** @type {any} */ one) => ({ ...one, properties: { at: breaks.indexOf(one.properties.low) } })),
    },
    legend: texts.map((/** @type {string} */ low, /** @type {number} */ i) => ({ colour: colours[i], label: texts[i + 1] ? `${low} – ${texts[i + 1]}` : `≥ ${low}` })),
    bandwidth: words.t("topic.bandwidth_m", { m: about.bandwidth_m.toLocaleString(locale) }),
    notes: [words.t("topic.bandwidth", { m: about.bandwidth_m.toLocaleString(locale), why: reason }), words.t("topic.counted", { n: about.count.toLocaleString(locale) }), ...told.notes],
    left: [{ key: "topic.left_out", n: about.left_out }, { key: "topic.suppressed", n: about.suppressed }].filter(({ n }) => n),
    edges: breaks,
    columns: { value: "", count: "", whole: "" },
  };
}

/** @param {Topic} topic @param {any} answer @param {Context} context @param {number[]|null} fixed @returns {Figures} */
function rates(topic, answer, { words, palette, dark, hazardName, levelName }, fixed) {
  const { about, grids } = answer;
  const edges = fixed ?? about.classes.edges;
  const colours = ramp(hues(palette, topic.subject), Math.max(edges.length - 1, 0), dark);
  const rows = grids.code.map((/** @type {string} */ code, /** @type {number} */ i) => ({
    code, name: grids.name[i], state: grids.state[i],
    place: grids.state[i] === "value" ? (fixed ? classOf(edges, grids.value[i]) : grids.class[i]) : -1,
    value: grids.value[i], count: grids.count[i], whole: grids.denominator[i], told: "",
  }));
  const told = shared(about, words);
  const of = words.language === "en" ? about.denominator.en : about.denominator.zh;
  return {
    ...told,
    form: "grids",
    level: about.level,
    title: words.t("topic.title.rates", { hazard: hazardName(topic.subject), level: levelName(about.level) }),
    colours,
    textures: [],
    rows,
    bands: null,
    legend: [...classRows(colours, classLabels(edges, localeOf(words), about.measure === "count"), rows), ...stateRows(rows, palette, words, dark)],
    notes: [words.t("topic.denominator", { name: of }), words.t(fixed ? "topic.classes_months" : "topic.classes", { k: colours.length }), ...told.notes],
    left: [{ key: "topic.unplaced", n: about.unplaced }].filter(({ n }) => n),
    edges,
    columns: { value: told.unit, count: words.t("topic.count"), whole: about.measure === "count" ? "" : of },
  };
}

/** @param {Topic} topic @param {any} answer @param {Context} context @returns {Figures} */
function spots(topic, answer, { words, palette, dark, hazardName, levelName }) {
  const { about, grids } = answer;
  const trends = topic.kind === "trends";
  const names = trends ? PATTERNS : SPOTS;
  const textures = names.map((name) => textureOf(palette, name));
  const colours = names.map((name) => (dark && (name === "none" || name === "not-significant") ? palette.themes.dark.map.land : palette.signs[name]));
  const rows = grids.code.map((/** @type {string} */ code, /** @type {number} */ i) => {
    const place = trends ? names.indexOf(grids.pattern[i] ?? "none") : spotOf(grids.z[i], grids.p_adjusted[i]);
    return {
      code, name: grids.name[i], state: place < 0 ? "no_data" : "value", place,
      value: grids.z[i], count: grids.count[i], whole: grids.p_adjusted[i],
      told: place < 0 ? "" : words.t(`topic.sign.${names[place]}`),
    };
  });
  const told = shared(about, words);
  return {
    ...told,
    form: "grids",
    level: about.level,
    title: words.t(`topic.title.${topic.kind}`, { hazard: hazardName(topic.subject), level: levelName(about.level) }),
    unit: "",
    colours,
    textures,
    rows,
    bands: null,
    legend: [...classRows(colours, names.map((name) => words.t(`topic.sign.${name}`)), rows, textures), ...stateRows(rows, palette, words, dark)],
    notes: [words.t(`topic.note.${topic.kind}`), words.t("topic.compared", { what: words.t(`topic.measure.${about.measure}`) }), ...told.notes],
    left: [{ key: "topic.unplaced", n: about.unplaced }].filter(({ n }) => n),
    edges: [],
    columns: { value: "Gi*", count: words.t("topic.count"), whole: words.t("topic.p") },
  };
}

/** @param {Topic} topic @param {any} answer @param {Context} context @returns {Figures} */
function coverage(topic, answer, { words, palette, dark, levelName }) {
  const say = (/** @type {any} */ both) => (words.language === "en" ? both.en : both.zh);
  const measure = answer.measures.find((/** @type {any} */ one) => one.id === topic.measure) ?? answer.measures[0];
  const figures = answer.grids.figures[measure.id];
  const isShare = measure.form === "share";
  const values = figures.value.map((/** @type {number|null} */ one) => (one === null ? null : isShare ? one * 100 : one));
  const edges = isShare ? SHARE_EDGES : quantileEdges(values.filter((/** @type {any} */ one, /** @type {number} */ i) => figures.state[i] === "value"), 5);
  const colours = ramp(palette.ramps[isShare ? "share" : "load"], Math.max(edges.length - 1, 0), dark);
  const rows = answer.grids.code.map((/** @type {string} */ code, /** @type {number} */ i) => ({
    code, name: answer.grids.name[i], state: figures.state[i],
    place: figures.state[i] === "value" ? classOf(edges, values[i]) : -1,
    value: values[i], count: figures.part[i], whole: figures.whole[i], told: "",
  }));
  return {
    form: "grids",
    level: answer.level,
    title: words.t("topic.title.coverage", { measure: say(measure.name), level: levelName(answer.level) }),
    unit: isShare ? "%" : say(measure.unit),
    colours,
    textures: [],
    rows,
    bands: null,
    legend: [...classRows(colours, classLabels(edges, localeOf(words), measure.form === "count"), rows), ...stateRows(rows, palette, words, dark)],
    notes: [
      measure.form === "count" ? "" : words.t("topic.denominator", { name: say(measure.whole) }),
      say(measure.basis), answer.as_of ? words.t("topic.as_of", { day: answer.as_of }) : "",
      ...answer.notes.filter((/** @type {any} */ one) => !answer.synthetic.includes(one.zh)).map(say),
    ].filter(Boolean),
    period: null,
    left: [],
    generation: answer.generation,
    edges,
    columns: { value: isShare ? "%" : say(measure.unit), count: say(measure.part), whole: measure.form === "count" ? "" : say(measure.whole) },
  };
}

/** @param {string[]} colours @param {string[]} labels @param {Row[]} rows @param {(Texture|null)[]} [textures] @returns {LegendRow[]} */
function classRows(colours, labels, rows, textures = []) {
  return labels.map((label, i) => ({ colour: colours[i], texture: textures[i] ?? null, label, count: rows.filter(({ place }) => place === i).length }));
}

/** What has no class, each only where there is such a grid. @param {Row[]} rows @param {any} palette @param {Words} words @param {boolean} dark @returns {LegendRow[]} */
function stateRows(rows, palette, words, dark) {
  /** @type {[string, string, ""|"hatch"|"dots"][]} */
  const states = [["zero", zeroColour(palette, dark), ""], ["suppressed", palette.marks.paper, "dots"], ["no_data", palette.marks.paper, "hatch"]];
  return states.map(([state, colour, mark]) => ({ colour, mark, label: words.t(`topic.state.${state}`), count: rows.filter((one) => one.state === state).length }))
    .filter(({ count }) => count);
}

/** Counted, and there was nothing. @param {any} palette @param {boolean} dark */
export function zeroColour(palette, dark) {
  return dark ? palette.themes.dark.ui.surface : palette.marks.zero;
}

/** @param {Words} words */
export function localeOf(words) {
  return words.language === "en" ? "en" : "zh-CN";
}
