/** Views that somebody keeps: a name and what the address held. Of an account on the server; without one in this browser. */

const MOST = 40;
const LONGEST = 60;

/** @typedef {{name: string, hash: string}} View */
/**
 * Whom views belong to, and where they go.
 * @typedef {{me: any, views: () => Promise<any>, keepView: (name: string, hash: string) => Promise<any>,
 *   dropView: (name: string) => Promise<any>}} Calls
 */

/** A name as the server takes it: it stands in an address. @param {string} typed */
export function viewName(typed) {
  return typed.trim().slice(0, LONGEST).trim().replaceAll("/", "／").replace(/^\.{1,2}$/, (dots) => "．".repeat(dots.length));
}

export class KeptViews {
  /** @param {Calls} calls */
  constructor(calls) {
    this.calls = calls;
    /** Those kept last first. @type {View[]} */
    this.list = [];
    /** Whose views the list holds. @type {string|null} */
    this.known = null;
  }

  /** Whether they are kept on the server: whoever is signed in finds them on every computer. */
  get isShared() {
    return this.calls.me?.signed_in_by === "session";
  }

  get #who() {
    return this.calls.me?.label ?? "";
  }

  /**
   * Read what is kept, once it is known for whom; what this browser kept for the account moves to the server.
   * @returns {Promise<boolean>} whether the list may be another
   */
  async follow() {
    if (!this.calls.me || this.known === this.#who) return false;
    this.known = this.#who;
    this.list = read(this.#who);
    if (!this.isShared) return true;
    try {
      this.list = viewsOf(await this.calls.views());
      await this.#moveIn();
    } catch (error) {
      this.known = null; // tried again with the next look
      throw error;
    }
    return true;
  }

  /** What was kept here before the server kept it, the oldest first; what it does not take stays. */
  async #moveIn() {
    const stay = [];
    for (const { name, hash } of read(this.#who).reverse()) {
      let wanted = viewName(name);
      if (this.list.some((one) => one.name === wanted && one.hash === hash)) continue;
      for (let n = 2; this.list.some((one) => one.name === wanted); n++) wanted = viewName(`${name.slice(0, LONGEST - 4)} ${n}`);
      try {
        this.list = viewsOf(await this.calls.keepView(wanted, hash));
      } catch {
        stay.unshift({ name, hash });
      }
    }
    write(this.#who, stay);
    this.list = [...this.list, ...stay];
  }

  /** Keep a view; one of the same name is replaced. @param {string} name @param {string} hash */
  async keep(name, hash) {
    if (this.isShared) this.list = [...viewsOf(await this.calls.keepView(viewName(name), hash)), ...read(this.#who)];
    else this.list = write(this.#who, [{ name: viewName(name), hash }, ...read(this.#who).filter((one) => one.name !== viewName(name))].slice(0, MOST));
  }

  /** @param {string} name */
  async drop(name) {
    const here = read(this.#who);
    const others = here.filter((one) => one.name !== name);
    const left = others.length < here.length ? write(this.#who, others) : here;
    if (!this.isShared) this.list = left;
    else if (others.length < here.length) this.list = this.list.filter((one) => one.name !== name);
    else this.list = [...viewsOf(await this.calls.dropView(name)), ...left];
  }
}

/** @param {any} answer of /api/views @returns {View[]} */
function viewsOf(answer) {
  return answer.views.map((/** @type {any} */ one) => ({ name: one.name, hash: one.address }));
}

/** @param {string} who @returns {View[]} */
function read(who) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(who)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.name === "string" && typeof one?.hash === "string") : [];
  } catch {
    return [];
  }
}

/** @param {string} who @param {View[]} views */
function write(who, views) {
  try {
    if (views.length) localStorage.setItem(keyOf(who), JSON.stringify(views));
    else localStorage.removeItem(keyOf(who));
  } catch {
    // Without storage there is nothing to keep them in.
  }
  return read(who);
}

/** @param {string} who */
function keyOf(who) {
  return `weige.views.${who}`;
}
