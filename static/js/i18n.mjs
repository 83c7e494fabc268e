/** Words of the interface in Chinese and English. What the data is called stays as the data has it. */

/** @typedef {"zh"|"en"} Language */

const KEY = "weige.language";

export class Words {
  /** @param {string} folder where the dictionaries are */
  constructor(folder) {
    this.folder = folder;
    this.language = /** @type {Language} */ (document.documentElement.lang.startsWith("en") ? "en" : "zh");
    this.dictionaries = /** @type {Record<string, Record<string, string>>} */ ({});
  }

  /**
   * Switch to a language and put it into the page.
   * @param {Language} language
   * @param {boolean} [keep] remember the choice
   */
  async use(language, keep = false) {
    if (!this.dictionaries[language]) {
      const response = await fetch(`${this.folder}${language}.json`);
      if (!response.ok) throw new Error(`dictionary ${language}: ${response.status}`);
      this.dictionaries[language] = await response.json();
    }
    this.language = language;
    document.documentElement.lang = language === "en" ? "en" : "zh-CN";
    if (keep) remember(KEY, language);
    this.#fill();
  }

  /**
   * A word or sentence.
   * @param {string} key
   * @param {Record<string, string|number>} [values] for `{name}` in the text
   * @returns {string} the key itself where the dictionary has nothing
   */
  t(key, values = {}) {
    const text = this.dictionaries[this.language]?.[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  /**
   * Several texts in a row, as the language puts them beside each other.
   * @param {"list"|"parts"|"clauses"} how names of a list, parts of a sentence, or what could be sentences @param {string[]} texts
   */
  join(how, texts) {
    return texts.join(this.t(`join.${how}`));
  }

  /** A number as the language writes it. @param {number} value @param {number} [digits] at most, after the point */
  number(value, digits = 0) {
    return value.toLocaleString(this.language === "en" ? "en" : "zh-CN", { maximumFractionDigits: digits });
  }

  /** Whether the dictionary has a key. @param {string} key */
  has(key) {
    return key in (this.dictionaries[this.language] ?? {});
  }

  #fill() {
    for (const node of document.querySelectorAll("[data-i18n]")) {
      node.textContent = this.t(/** @type {HTMLElement} */ (node).dataset.i18n ?? "");
    }
    for (const [data, attribute] of [["i18nLabel", "aria-label"], ["i18nPlaceholder", "placeholder"], ["i18nTitle", "title"]]) {
      const name = data.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      for (const node of document.querySelectorAll(`[data-${name}]`)) {
        node.setAttribute(attribute, this.t(/** @type {HTMLElement} */ (node).dataset[data] ?? ""));
      }
    }
  }
}

/**
 * Metres for people: tenths where they decide, whole metres, kilometres when far.
 * @param {number} metres
 * @returns {string}
 */
export function metres(metres) {
  if (metres < 10) return `${metres.toFixed(1)} m`;
  if (metres < 1000) return `${Math.round(metres)} m`;
  return `${(metres / 1000).toFixed(metres < 10000 ? 1 : 0)} km`;
}

/**
 * A point, lon first, to about a decimetre.
 * @param {number} lon @param {number} lat @param {number} [digits]
 */
export function pointText(lon, lat, digits = 6) {
  return `${lon.toFixed(digits)}, ${lat.toFixed(digits)}`;
}

/**
 * The part of a bilingual statement (`中文 / English`) that a reader wants; all of any other.
 * @param {string} statement @param {Language} language
 */
export function inLanguage(statement, language) {
  const parts = statement.split(" / ");
  const chinese = parts.filter((part) => /\p{Script=Han}/u.test(part));
  if (parts.length !== 2 || chinese.length !== 1) return statement;
  return language === "zh" ? chinese[0] : parts.filter((part) => part !== chinese[0])[0];
}

/** Keep a choice where the browser allows it. @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the choice holds for this page only.
  }
}
