/** Calls to the server: one error class, a time limit, and stale calls given up. */

const LIMIT_MS = 15000;
/** Told to the page when the server could not be reached: whoever listens to it looks whether it still hears. */
export const UNREACHED = "weige-unreached";

/** @typedef {"server"|"network"|"timeout"|"odd"} FailureKind */

export class ApiError extends Error {
  /**
   * @param {FailureKind} kind
   * @param {{status?: number, code?: string, message?: string, hint?: string, details?: any}} [detail]
   *   message and hint are in the caller's language
   */
  constructor(kind, { status = 0, code = "", message = "", hint = "", details = null } = {}) {
    super(message || kind);
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.details = details;
  }
}

/** @param {unknown} error @returns {boolean} whether a newer call took over */
export function isStale(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * GET a JSON document.
 * @param {string} path
 * @param {{language: string, signal?: AbortSignal}} options
 * @returns {Promise<any>}
 * @throws {ApiError} for anything but a usable answer; AbortError when given up by the caller
 */
export function getJson(path, { language, signal }) {
  return ask(path, { language, signal });
}

/**
 * Ask for a JSON document, or send something and read the answer.
 * @param {string} path
 * @param {{language: string, signal?: AbortSignal, limitMs?: number, method?: string,
 *   headers?: Record<string, string>, body?: BodyInit, blob?: boolean}} options `blob`: the answer is a file
 * @returns {Promise<any>}
 * @throws {ApiError|DOMException} as `getJson`
 */
export async function ask(path, { language, signal, limitMs = LIMIT_MS, method = "GET", headers = {}, body: sent, blob = false }) {
  const limit = AbortSignal.timeout(limitMs);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  let response;
  let body;
  try {
    response = await fetch(path, {
      method,
      body: sent,
      signal: both,
      headers: { Accept: "application/json", "Accept-Language": language, ...headers },
    });
    body = blob && response.ok ? await response.blob() : await response.json().catch((error) => {
      if (both.aborted) throw error;
      return null;
    });
  } catch (error) {
    if (signal?.aborted) throw new DOMException("a newer call took over", "AbortError");
    globalThis.dispatchEvent?.(new Event(UNREACHED));
    if (limit.aborted) throw new ApiError("timeout", { message: String(limitMs / 1000) });
    throw new ApiError("network", { message: String(error) });
  }
  if (response.ok && body !== null) return body;
  if (body?.error?.message) throw new ApiError("server", { status: response.status, ...body.error });
  throw new ApiError("odd", { status: response.status });
}

/**
 * The calls of the page. Every `locate` or `grid` gives up the one before it.
 */
export class Api {
  /** @param {string} cityPath @param {() => string} language */
  constructor(cityPath, language) {
    this.cityPath = cityPath;
    this.base = cityPath.slice(0, cityPath.lastIndexOf("/"));
    this.language = language;
    this.pending = /** @type {AbortController|null} */ (null);
  }

  /** What is served. @returns {Promise<any>} */
  city() {
    return getJson(this.cityPath, { language: this.language() });
  }

  /**
   * Where a point belongs.
   * @param {{lon: number|string, lat: number|string, datum: string, accuracyM?: number}} question
   */
  locate({ lon, lat, datum, accuracyM = 0 }) {
    const query = new URLSearchParams({
      lon: String(lon),
      lat: String(lat),
      datum,
      accuracy_m: String(accuracyM),
    });
    return this.#read(`${this.base}/locate?${query}`);
  }

  /** One grid by its code. @param {string} code @param {string} [level] where codes repeat */
  grid(code, level) {
    return this.#read(this.#gridPath(code, level));
  }

  /** One grid, beside whatever else is going on. @param {string} code @param {string} [level] */
  gridAside(code, level) {
    return getJson(this.#gridPath(code, level), { language: this.language() });
  }

  /** Grids of a level as GeoJSON. @param {string} level @param {number[]} bounds */
  grids(level, bounds) {
    const query = new URLSearchParams({ level, bbox: bounds.join(",") });
    return getJson(`${this.base}/grids?${query}`, { language: this.language() });
  }

  /** Give up what is under way. */
  giveUp() {
    this.pending?.abort();
    this.pending = null;
  }

  /** @param {string} code @param {string} [level] */
  #gridPath(code, level) {
    const query = level ? `?${new URLSearchParams({ level })}` : "";
    return `${this.base}/grids/${encodeURIComponent(code)}${query}`;
  }

  /** @param {string} path */
  #read(path) {
    return this.latest((signal) => getJson(path, { language: this.language(), signal }));
  }

  /** Ask in the place of what is under way. @param {(signal: AbortSignal) => Promise<any>} call */
  async latest(call) {
    this.giveUp();
    const own = new AbortController();
    this.pending = own;
    try {
      return await call(own.signal);
    } finally {
      if (this.pending === own) this.pending = null;
    }
  }
}
