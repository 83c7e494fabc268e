/** The calls of incidents: reads, and writes that show that this page meant them. */

import { ApiError, ask } from "../api.mjs";

/** A photo on a slow line takes a while. */
const UPLOAD_MS = 60000;

export class Calls {
  /** @param {string} base address of the API @param {() => string} language */
  constructor(base, language) {
    this.base = base;
    this.language = language;
    /** Who asks, as of /api/me. @type {any} */
    this.me = null;
    /** While that is asked for. @type {Promise<any>|null} */
    this.identifying = null;
  }

  /** @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
  get(path, signal) {
    return ask(this.base + path, { language: this.language(), signal });
  }

  /** Find out who asks, and what proves it. */
  identify() {
    this.identifying = this.get("/me").then((me) => {
      this.me = me;
      return me;
    });
    return this.identifying;
  }

  /** @param {Record<string, string|number>} query @param {AbortSignal} [signal] */
  list(query, signal) {
    return this.get(`/incidents?${asQuery(query)}`, signal);
  }

  /** Grids whose name or code holds a text. @param {string} q @param {number} limit @param {AbortSignal} [signal] */
  grids(q, limit, signal) {
    return this.get(`/grid-names?${asQuery({ q, limit })}`, signal);
  }

  /** Codes and names of the grids of a level that one may see. @param {string} level @returns {Promise<[string, string][]>} */
  async towns(level) {
    const { grids } = await this.get(`/stats?${asQuery({ level, measure: "count" })}`);
    return grids.code.map((/** @type {string} */ code, /** @type {number} */ i) => [code, grids.name[i]]);
  }

  /** What lies in an area that is drawn. @param {[number, number][]} ring */
  enclosed(ring) {
    return this.#send("POST", "/enclosed", { ring });
  }

  /** Open incidents in a box, the gravest first. @param {Record<string, string|number>} query @param {AbortSignal} [signal] */
  live(query, signal) {
    return this.get(`/incidents/live?${asQuery(query)}`, signal);
  }

  /** @param {string} number @param {string} [part] history, proposal, contact or photos */
  one(number, part) {
    return this.get(pathOf(number, part));
  }

  /** Open incidents that may be the same. @param {{lon: number, lat: number, hazard: string}} place @param {AbortSignal} [signal] */
  duplicates({ lon, lat, hazard }, signal) {
    return this.get(`/incidents/duplicates?${asQuery({ lon, lat, hazard })}`, signal);
  }

  /** What an address that is being typed may become. @param {Record<string, string|number>} query @param {AbortSignal} signal */
  suggest(query, signal) {
    return this.get(`/addresses?${asQuery(query)}`, signal);
  }

  /** The grid of an address; sent, not asked for, so that it stands in no log. @param {string} text @param {AbortSignal} signal */
  assign(text, signal) {
    return this.#send("POST", "/addresses/assign", { addresses: [{ text }] }, { signal });
  }

  /** Try a correction of an address out, or make it. @param {any} draft */
  correct(draft) {
    return this.#send("POST", "/addresses/corrections", draft);
  }

  /** The latest corrections. */
  corrections() {
    return this.get("/addresses/corrections?limit=8");
  }

  /** @param {string} ident */
  undoCorrection(ident) {
    return this.#send("POST", `/addresses/corrections/${encodeURIComponent(ident)}/undo`, {});
  }

  /** @param {any} draft */
  report(draft) {
    return this.#send("POST", "/incidents", draft);
  }

  /** @param {string} number @param {any} body */
  move(number, body) {
    return this.#send("POST", pathOf(number, "moves"), body);
  }

  /** @param {string} number @param {any} body */
  merge(number, body) {
    return this.#send("POST", pathOf(number, "merge"), body);
  }

  /** @param {string} number @param {string} note */
  comment(number, note) {
    return this.#send("POST", pathOf(number, "comments"), { note });
  }

  /** @param {string} number @param {any} changes */
  change(number, changes) {
    return this.#send("PATCH", pathOf(number), changes);
  }

  /** @param {string} number @param {Blob} picture */
  addPhoto(number, picture) {
    return this.#send("POST", pathOf(number, "photos"), picture);
  }

  /** Views that the account keeps. */
  views() {
    return this.get("/views");
  }

  /** @param {string} name @param {string} address from # on */
  keepView(name, address) {
    return this.#send("PUT", `/views/${encodeURIComponent(name)}`, { address });
  }

  /** @param {string} name */
  dropView(name) {
    return this.#send("DELETE", `/views/${encodeURIComponent(name)}`, {});
  }

  /** Send something and get a file. @param {string} path @param {any} body @returns {Promise<Blob>} */
  file(path, body) {
    return this.#send("POST", path, body, { blob: true });
  }

  /**
   * @param {string} method @param {string} path @param {any} body
   * @param {{signal?: AbortSignal, again?: boolean, blob?: boolean}} [how] `again`: a worn-out token may be
   *   replaced; `blob`: the answer is a file
   * @returns {Promise<any>}
   */
  async #send(method, path, body, { signal, again = true, blob = false } = {}) {
    const isBlob = body instanceof Blob;
    if (!this.me) await (this.identifying ?? this.identify()).catch(() => {}); // what is wrong is told by what follows
    const headers = { "Content-Type": isBlob ? body.type : "application/json" };
    try {
      return await ask(this.base + path, {
        language: this.language(),
        signal,
        blob,
        limitMs: isBlob || blob ? UPLOAD_MS : undefined,
        method,
        headers: this.me?.csrf_token ? { ...headers, "X-CSRFToken": this.me.csrf_token } : headers,
        body: isBlob ? body : JSON.stringify(body),
      });
    } catch (error) {
      // The server was started anew, or somebody signed in elsewhere in this browser.
      if (!again || !(error instanceof ApiError) || error.code !== "csrf") throw error;
      await this.identify();
      return this.#send(method, path, body, { signal, again: false, blob });
    }
  }
}

/** @param {string} number @param {string} [part] */
function pathOf(number, part) {
  return `/incidents/${encodeURIComponent(number)}${part ? `/${part}` : ""}`;
}

/** What is empty is left out. @param {Record<string, string|number>} values */
function asQuery(values) {
  const given = Object.entries(values).filter(([, value]) => value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}
