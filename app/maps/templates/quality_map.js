"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let tongue = data.language;
  const say = (key, parts = {}) =>
    (data.words[key]?.[tongue] ?? key).replace(/\{(\w+)\}/g, (_, name) => parts[name]);
  const kindName = (kind) => data.kinds[kind].name[tongue];
  const levelName = (id) => data.levels.find((one) => one.id === id).name;

  // ---- Places -------------------------------------------------------------------------------
  const HUES = {
    invalid: "#8d2f6f", overlaps: "#b3261e", gaps: "#1c63a8", spills: "#b85c00", scraps: "#6a4a1f",
    orphans: "#5b3d94", malformed: "#5b3d94", duplicates: "#5b3d94", empty_codes: "#5b3d94",
    repaired: "#8d2f6f", unusable: "#505b69", count: "#505b69", islands: "#2b7466",
    allowed_gaps: "#3d7a9c", idle_gaps: "#3d7a9c", misplaced: "#b3261e", same_names: "#6b7480", sizes: "#8a7a1f",
    valid: "#8d2f6f", snap: "#2b7466", overlap: "#b3261e", gap: "#1c63a8", spill: "#b85c00",
    parent: "#6a4a1f",
  };
  const unpack = ([step, ...lines]) =>
    lines.map((flat) => {
      const out = new Float64Array(flat.length);
      let x = 0, y = 0;
      for (let at = 0; at < flat.length; at += 2) {
        x += flat[at]; y += flat[at + 1];
        out[at] = x * step; out[at + 1] = y * step;
      }
      return out;
    });
  const places = data.places.map((one, at) => ({ ...one, number: at + 1 }));
  // A close-up has its own middle: far from the city's, single pixels would be rounded away.
  const closeUp = (place) => {
    if (!place.drawn && place.at) {
      place.drawn = {};
      for (const key of ["ground", "before", "after"]) {
        if (place[key]) place.drawn[key] = unpack(place[key]);
      }
    }
    return place.drawn;
  };
  const base = data.base.map((one) => ({ ...one, lines: unpack(one.lines) }));
  const land = unpack(data.land);
  const groups = [...new Set(places.map((one) => one.group))];

  // ---- The view: metres from the middle of the city, y up ------------------------------------
  const canvas = $("map");
  const ink = canvas.getContext("2d");
  const view = { x: 0, y: 0, scale: 1 };
  let closeTo = false, wide = 1, high = 1, chosen = null, hover = null, side = "after", pending = 0;
  const hidden = new Set();
  let wanted = "";
  const bounds = (() => {
    let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const line of land) {
      for (let at = 0; at < line.length; at += 2) {
        w = Math.min(w, line[at]); e = Math.max(e, line[at]);
        s = Math.min(s, line[at + 1]); n = Math.max(n, line[at + 1]);
      }
    }
    return Number.isFinite(w) ? [w, s, e, n] : [-1e4, -1e4, 1e4, 1e4];
  })();
  const MOST = 3e5, LEAST = 1e-3;
  const toScreen = (x, y) => [(x - view.x) * view.scale + wide / 2, (view.y - y) * view.scale + high / 2];
  const toGround = (px, py) => [(px - wide / 2) / view.scale + view.x, view.y - (py - high / 2) / view.scale];
  const fit = ([w, s, e, n], room) => ({
    x: (w + e) / 2, y: (s + n) / 2,
    scale: Math.min(MOST, Math.max(LEAST, Math.min(wide / Math.max(e - w, 1e-3), high / Math.max(n - s, 1e-3)) * room)),
  });
  const ask = () => { if (!pending) pending = requestAnimationFrame(() => { pending = 0; draw(); }); };
  let flight = 0;
  const fly = (to) => {
    cancelAnimationFrame(flight);
    if (calm) { Object.assign(view, to); ask(); return; }
    const from = { ...view }, began = performance.now(), span = 520;
    const far = Math.hypot(to.x - from.x, to.y - from.y);
    // Out far enough that both ends are seen, then in: otherwise the ground only flickers by.
    const dip = Math.min(from.scale, to.scale, Math.min(wide, high) / Math.max(far * 1.6, 1e-3));
    const step = (now) => {
      const t = Math.min(1, (now - began) / span), ease = t * t * (3 - 2 * t);
      const straight = Math.log(from.scale) * (1 - ease) + Math.log(to.scale) * ease;
      view.scale = Math.exp(straight + (Math.log(dip) - Math.min(Math.log(from.scale), Math.log(to.scale))) * 4 * ease * (1 - ease));
      view.x = from.x + (to.x - from.x) * ease;
      view.y = from.y + (to.y - from.y) * ease;
      draw();
      if (t < 1) flight = requestAnimationFrame(step); else { Object.assign(view, to); ask(); }
    };
    flight = requestAnimationFrame(step);
  };
  const zoomBy = (factor, px = wide / 2, py = high / 2) => {
    cancelAnimationFrame(flight);
    const [gx, gy] = toGround(px, py);
    view.scale = Math.min(MOST, Math.max(LEAST, view.scale * factor));
    view.x = gx - (px - wide / 2) / view.scale;
    view.y = gy + (py - high / 2) / view.scale;
    ask();
  };
  const whole = () => fly(fit(bounds, 0.92));

  // ---- Drawing -------------------------------------------------------------------------------
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let inks = {};
  const readInks = () => {
    for (const name of ["void", "land", "level-coarse", "level-fine", "overlay", "halo", "select"]) {
      inks[name] = colour(`--map-${name}`);
    }
    for (const name of ["text", "text-soft", "surface", "accent"]) inks[name] = colour(`--${name}`);
  };
  const path = (lines, close = false) => {
    ink.beginPath();
    for (const line of lines) {
      for (let at = 0; at < line.length; at += 2) {
        const px = (line[at] - view.x) * view.scale + wide / 2;
        const py = (view.y - line[at + 1]) * view.scale + high / 2;
        if (at) ink.lineTo(px, py); else ink.moveTo(px, py);
      }
      if (close) ink.closePath();
    }
  };
  const boxOf = new WeakMap();
  const seen = (line) => {
    let box = boxOf.get(line);
    if (!box) {
      box = [Infinity, Infinity, -Infinity, -Infinity];
      for (let at = 0; at < line.length; at += 2) {
        box[0] = Math.min(box[0], line[at]); box[2] = Math.max(box[2], line[at]);
        box[1] = Math.min(box[1], line[at + 1]); box[3] = Math.max(box[3], line[at + 1]);
      }
      boxOf.set(line, box);
    }
    const dx = wide / 2 / view.scale, dy = high / 2 / view.scale;
    return box[0] < view.x + dx && box[2] > view.x - dx && box[1] < view.y + dy && box[3] > view.y - dy;
  };
  const shown = (place) =>
    !hidden.has(place.kind) && (!wanted || String(place.number) === wanted ||
      [...place.codes, ...place.names].some((text) => text.toLowerCase().includes(wanted)));

  const LAST = Math.max(1, base.filter((one) => !one.overlay).length - 1);
  function draw() {
    const ratio = devicePixelRatio || 1;
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.clearRect(0, 0, wide, high);
    ink.lineJoin = ink.lineCap = "round";
    closeTo = Boolean(chosen?.at && view.scale > 3);
    path(land, true);
    ink.fillStyle = inks.land; ink.fill("evenodd");
    base.forEach((level, rank) => {
      const depth = level.overlay ? LAST : rank;
      // A level comes in once its lines are some pixels apart.
      const fade = rank === 0 ? 1 : Math.min(1, Math.max(0, (view.scale / (level.overlay ? 0.05 : [0.004, 0.012, 0.03, 0.06][Math.min(depth, 3)])) - 0.35));
      if (fade <= 0.05) return;
      path(level.lines.filter(seen));
      ink.globalAlpha = fade * (closeTo ? 0.18 : 1);
      ink.strokeStyle = level.overlay ? inks.overlay : depth < LAST / 2 ? inks["level-coarse"] : inks["level-fine"];
      ink.lineWidth = level.overlay ? 1 : 2.2 - 1.5 * Math.sqrt(depth / LAST);
      ink.setLineDash(level.overlay ? [4, 3] : []);
      ink.stroke();
    });
    ink.setLineDash([]); ink.globalAlpha = 1;
    for (const place of places) if (place.at && place !== chosen && shown(place)) drawGround(place, false);
    if (chosen?.at) drawGround(chosen, true);
    drawDiscs();
    drawScale();
  }
  function drawGround(place, main) {
    const [w, s, e, n] = place.box;
    const size = Math.max(e - w, n - s) * view.scale;
    if (size < 3 && !main) return;
    const [px, py] = toScreen((w + e) / 2, (s + n) / 2);
    if (!main && (px < -size - 50 || py < -size - 50 || px > wide + size + 50 || py > high + size + 50)) return;
    const drawn = closeUp(place), hue = HUES[place.kind];
    if (main) {
      const after = drawn.after && side === "after";
      if (drawn.after) {
        path(drawn[after ? "before" : "after"]);
        ink.strokeStyle = inks["text-soft"]; ink.globalAlpha = 0.45; ink.lineWidth = 1.2; ink.setLineDash([5, 5]); ink.stroke();
        ink.setLineDash([]);
      }
      path(drawn.ground, true);
      ink.globalAlpha = after ? 0.14 : 0.4; ink.fillStyle = hue; ink.fill("evenodd");
      ink.globalAlpha = after ? 0.35 : 0.9;
      ink.strokeStyle = hue; ink.lineWidth = 4; ink.stroke();
      ink.globalAlpha = 1;
      path(drawn[after ? "after" : "before"]);
      ink.strokeStyle = inks.text; ink.lineWidth = 1.6; ink.stroke();
      if (view.scale > 2) vertices(drawn[after ? "after" : "before"]);
      return;
    }
    path(drawn.ground, true);
    ink.globalAlpha = closeTo ? 0.1 : 0.28; ink.fillStyle = hue; ink.fill("evenodd");
    ink.globalAlpha = closeTo ? 0.4 : 1;
    ink.strokeStyle = hue; ink.lineWidth = 1.4; ink.stroke(); ink.globalAlpha = 1;
  }
  function vertices(lines) {
    ink.fillStyle = inks.surface; ink.strokeStyle = inks.text; ink.lineWidth = 1.2;
    let count = 0;
    for (const line of lines) {
      for (let at = 0; at < line.length && count < 3000; at += 2) {
        const [px, py] = toScreen(line[at], line[at + 1]);
        if (px < 0 || py < 0 || px > wide || py > high) continue;
        ink.beginPath(); ink.arc(px, py, 2.6, 0, 7); ink.fill(); ink.stroke();
        count += 1;
      }
    }
  }
  let discs = [];
  function drawDiscs() {
    discs = [];
    const near = 34, cells = new Map();
    const order = chosen?.at && shown(chosen) ? [chosen, ...places.filter((one) => one !== chosen)] : places;
    for (const place of order) {
      if (!place.at || !shown(place)) continue;
      const [px, py] = toScreen(...place.at);
      if (px < -20 || py < -20 || px > wide + 20 || py > high + 20) continue;
      const cx = Math.floor(px / near), cy = Math.floor(py / near);
      let home = null;
      for (let dx = -1; dx <= 1 && !home; dx += 1) {
        for (let dy = -1; dy <= 1 && !home; dy += 1) {
          home = (cells.get(`${cx + dx},${cy + dy}`) ?? []).find((one) => Math.hypot(one.px - px, one.py - py) < near) ?? null;
        }
      }
      if (home) { home.places.push(place); continue; }
      const disc = { px, py, places: [place] };
      discs.push(disc);
      const key = `${cx},${cy}`;
      if (cells.has(key)) cells.get(key).push(disc); else cells.set(key, [disc]);
    }
    ink.textAlign = "center"; ink.textBaseline = "middle";
    for (const disc of [...discs].reverse()) {
      const [first] = disc.places, many = disc.places.length;
      const main = disc.places.includes(chosen);
      const size = (first.box ? Math.max(first.box[2] - first.box[0], first.box[3] - first.box[1]) : 0) * view.scale;
      // A large patch is its own sign: the number stands above it.
      if (main && many === 1 && size > 40) disc.py -= Math.min(size / 2, high / 2 - 40) + 18;
      const text = many > 1 && !main ? `${first.number} +${many - 1}` : String((main ? chosen : first).number);
      ink.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
      const half = Math.max(11, ink.measureText(text).width / 2 + 7);
      disc.half = half;
      ink.beginPath(); ink.roundRect(disc.px - half, disc.py - 11, half * 2, 22, 11);
      ink.fillStyle = HUES[(main ? chosen : first).kind]; ink.fill();
      ink.lineWidth = main ? 3 : disc === hover ? 2.5 : 1.5;
      ink.strokeStyle = main ? inks.select : inks.halo; ink.stroke();
      ink.fillStyle = "#fff"; ink.fillText(text, disc.px, disc.py + 0.5);
    }
  }
  function drawScale() {
    let metres = 90 / view.scale;
    const power = 10 ** Math.floor(Math.log10(metres));
    metres = [5, 2, 1].find((one) => one * power <= metres) * power;
    $("scale").firstElementChild.style.width = `${metres * view.scale}px`;
    $("scale").lastElementChild.textContent = length(metres);
  }

  // ---- Words ---------------------------------------------------------------------------------
  const digits = (value, most) => value.toLocaleString("en", { maximumFractionDigits: most });
  const length = (m) => m >= 1000 ? `${digits(m / 1000, 1)} km` : m >= 1 ? `${digits(m, 2)} m` : m >= 0.01 ? `${digits(m * 100, 1)} cm` : `${digits(m * 1000, 2)} mm`;
  const area = (m2) => Math.abs(m2) >= 1e5 ? `${digits(m2 / 1e6, 2)} km²` : Math.abs(m2) >= 1 ? `${digits(m2, 1)} m²` : `${digits(m2, 4)} m²`;
  const make = (tag, text = "", more = {}) => {
    const node = Object.assign(document.createElement(tag), more);
    if (text !== "") node.textContent = text;
    return node;
  };
  const sizeOf = ({ facts }) => {
    if (facts.area_m2 != null) return area(facts.area_m2);
    return facts.households != null ? `${facts.households}` : "";
  };

  function heading() {
    document.documentElement.lang = tongue === "zh" ? "zh-CN" : "en";
    $("city").replaceChildren(data.city, make("small", say(data.what)));
    $("edition").textContent = `${say("generation")} ${data.generation} · ${say("valid", { day: data.validFrom })}`;
    $("language").textContent = say("language");
    $("synthetic").hidden = !data.synthetic.zh;
    $("synthetic").textContent = data.synthetic[tongue];
    $("synthetic").onclick = () => $("synthetic").classList.toggle("open");
    const total = (key) => data.levels.reduce((sum, one) => sum + (one[key] ?? 0), 0);
    const pills = data.what === "repair"
      ? [["good", "done", places.filter((one) => one.group === "done").length], ["warn", "left", places.filter((one) => one.group === "left").length]]
      : [[total("defects") ? "bad" : "good", total("defects") ? "defects" : "clean", total("defects")], ["warn", "warnings", total("warnings")]];
    $("verdict").replaceChildren(...pills.filter(([, key, n]) => n || key === "clean").map(([tone, key, n]) =>
      make("span", say(key, { n: n.toLocaleString("en") }), { className: `pill ${tone}` })));
    const last = data.what === "repair" ? ["left", "left_column"] : ["warnings", "warning_column"];
    const head = make("tr");
    head.append(...["level", "count", "defect_column", last[1]].map((key) => make("th", say(key))));
    $("levels").replaceChildren(head, ...data.levels.map((one) => {
      const row = make("tr"), count = make("td", one.found.toLocaleString("en"));
      if (one.expected != null && one.expected !== one.found) count.append(" ", make("small", say("of", { n: one.expected })));
      const cell = (n, tone) => make("td", n.toLocaleString("en"), { className: n ? tone : "zero" });
      row.append(make("td", one.name), count, cell(one.defects, "bad"), cell(one[last[0]], data.what === "repair" ? "bad" : "warn"));
      return row;
    }));
    $("search").placeholder = say("search");
    $("search").setAttribute("aria-label", say("search"));
    $("help").textContent = (data.more ? say("more", { n: data.more.toLocaleString("en") }) + " " : "") + say("help");
    canvas.setAttribute("aria-label", say("map"));
    for (const id of ["nearer", "farther", "overview"]) { $(id).title = say(id); $(id).setAttribute("aria-label", say(id)); }
    const counts = new Map();
    for (const one of places) counts.set(one.kind, (counts.get(one.kind) ?? 0) + 1);
    $("filters").replaceChildren(...(counts.size > 1 ? [...counts] : []).map(([kind, n]) => {
      const chip = make("button", "", { type: "button", className: "chip" });
      chip.style.setProperty("--hue", HUES[kind]);
      chip.setAttribute("aria-pressed", String(hidden.size > 0 && !hidden.has(kind)));
      chip.append(make("i"), kindName(kind), make("b", n.toLocaleString("en")));
      chip.onclick = () => {
        // The first click shows one kind alone; from there each is put to it or taken away.
        if (!hidden.size) { for (const other of counts.keys()) if (other !== kind) hidden.add(other); }
        else if (hidden.has(kind)) hidden.delete(kind); else hidden.add(kind);
        if (hidden.size === counts.size) hidden.clear();
        heading(); listing(); ask();
      };
      return chip;
    }));
  }
  function listing() {
    const rows = [];
    for (const group of groups) {
      const own = places.filter((one) => one.group === group && shown(one));
      if (!own.length) continue;
      const title = make("li");
      title.append(make("h2", `${say(`group_${group}`)} · ${own.length.toLocaleString("en")}`));
      rows.push(title);
      for (const place of own) {
        const item = make("li"), button = make("button", "", { type: "button", disabled: !place.at });
        const disc = make("span", String(place.number), { className: place.at ? "disc" : "disc hollow" });
        disc.style.setProperty("--hue", HUES[place.kind]);
        const codes = place.codes.length > 4 ? [...place.codes.slice(0, 4), `… ${place.codes.length}`] : place.codes;
        const named = place.names.slice(0, 2).join(tongue === "zh" ? "、" : ", ");
        const under = make("span", named || !place.at ? "" : codes.join(" · "), { className: "codes" });
        if (!place.at) under.textContent = `${remark(place)} (${say("nowhere")})`;
        else if (named) under.append(named, make("small", codes.join(" · ")));
        button.append(disc, make("span", `${kindName(place.kind)} · ${levelName(place.level)}`, { className: "what" }),
          make("span", sizeOf(place), { className: "size" }), under);
        button.dataset.number = place.number;
        if (place === chosen) button.setAttribute("aria-current", "true");
        button.onclick = () => choose(place);
        item.append(button); rows.push(item);
      }
    }
    if (!rows.length) rows.push(make("li", say(places.length ? "none" : "clean"), { className: "empty" }));
    $("list").replaceChildren(...rows);
  }
  function remark({ facts, codes }) {
    if (facts.expected != null) return `${say("expected")} ${facts.expected}, ${say("found")} ${facts.found}`;
    return [codes.join(" "), facts.reason, facts.rows && `${say("rows")} ${facts.rows.join(", ")}`].filter(Boolean).join(" · ");
  }
  function card() {
    const box = $("card");
    box.hidden = !chosen;
    if (!chosen) return;
    const { facts } = chosen, rows = [];
    const fact = (key, ...value) => { const cell = make("dd"); cell.append(...value); rows.push(make("dt", say(key)), cell); };
    if (facts.from || facts.to) {
      if (facts.from?.length) fact("from", facts.from.join(" "));
      if (chosen.group === "done" && (facts.to || facts.from?.length)) fact("to", facts.to || say("nobody"));
    } else if (chosen.codes.length) {
      chosen.codes.slice(0, 8).forEach((code, at) => {
        const cell = make("dd", code);
        if (chosen.names[at]) cell.append(" ", make("small", chosen.names[at]));
        rows.push(make("dt", at ? "" : say("grids")), cell);
      });
      if (chosen.codes.length > 8) fact("", `… ${chosen.codes.length}`);
    }
    if (facts.area_m2 != null) fact("area", area(facts.area_m2), facts.sliver ? ` (${say("sliver")})` : "");
    if (facts.width_m) fact("width", length(facts.width_m));
    if (facts.share != null) fact("share", `${digits(facts.share * 100, 3)} %`);
    if (facts.parent) fact("parent", facts.parent);
    if (facts.mostly_in) fact("mostly_in", facts.mostly_in);
    if (facts.declared != null) fact("declared", facts.declared || say("no_parent"));
    if (facts.reason) fact("reason", facts.reason);
    if (facts.rows) fact("rows", facts.rows.join(", "));
    if (facts.name) fact("name", facts.name);
    if (facts.households != null) {
      fact("households", String(facts.households));
      fact("recommended", `${facts.min ?? ""}–${facts.max ?? ""}`);
    }
    if (facts.allowed) fact("allowed", facts.allowed);
    if (facts.note) fact("note", facts.note);
    if (chosen.at) fact("where", `${chosen.lon.toFixed(7)}, ${chosen.lat.toFixed(7)}`);
    const disc = make("span", String(chosen.number), { className: "disc" });
    disc.style.setProperty("--hue", HUES[chosen.kind]);
    const title = make("h3");
    const close = make("button", "×", { type: "button", className: "close", onclick: () => choose(null) });
    close.setAttribute("aria-label", "×");
    title.append(disc, `${kindName(chosen.kind)} · ${levelName(chosen.level)}`, close);
    const list = make("dl"); list.append(...rows);
    const tools = make("div", "", { className: "row" });
    if (chosen.after) {
      const pair = make("span", "", { className: "switch" });
      for (const key of ["before", "after"]) {
        const button = make("button", say(key), { type: "button", onclick: () => { side = key; card(); ask(); } });
        button.setAttribute("aria-pressed", String(side === key));
        pair.append(button);
      }
      tools.append(pair);
    }
    const tool = (key, act) => tools.append(make("button", say(key), { type: "button", className: "quiet", onclick: act }));
    tool("previous", () => step(-1)); tool("next", () => step(1));
    if (chosen.at) {
      tool("copy", async (event) => {
        const button = event.target;
        try { await navigator.clipboard.writeText(`${chosen.lon}, ${chosen.lat}`); button.textContent = say("copied"); } catch { /* a page from a file may not */ }
      });
    }
    box.replaceChildren(title, make("p", data.kinds[chosen.kind].hint[tongue], { className: "hint" }), list, tools);
  }

  // ---- Acting --------------------------------------------------------------------------------
  function choose(place, move = true) {
    chosen = place;
    side = "after";
    for (const one of $("list").querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
    const row = place && $("list").querySelector(`[data-number="${place.number}"]`);
    if (row) { row.setAttribute("aria-current", "true"); row.scrollIntoView({ block: "nearest" }); }
    history.replaceState(null, "", place ? `#${place.number}` : location.pathname + location.search);
    card();
    if (place?.at && move) {
      const [w, s, e, n] = place.box;
      // A long sliver is looked at where its point lies, near enough to see how wide it is.
      const extent = Math.max(e - w, n - s);
      const thin = place.facts.width_m && place.facts.width_m < extent / 60;
      const half = Math.max(2, thin ? Math.min(extent * 0.62, place.facts.width_m * 40) : extent * 0.8);
      const [x, y] = thin ? place.at : [(w + e) / 2, (s + n) / 2];
      const to = fit([x - half, y - half, x + half, y + half], 0.86);
      // Beside the card, or above it, not behind it.
      if (wide > 820) to.x -= 190 / to.scale; else to.y -= high * 0.2 / to.scale;
      fly(to);
    } else ask();
  }
  function step(by) {
    const own = places.filter((one) => one.at && shown(one));
    if (!own.length) return;
    const at = own.indexOf(chosen);
    choose(own[(at + by + own.length) % own.length]);
  }
  const hit = (px, py) => discs.find((one) => Math.abs(one.px - px) <= one.half && Math.abs(one.py - py) <= 12) ?? null;
  const hands = new Map();
  let moved = 0, spread = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    hands.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved = 0; cancelAnimationFrame(flight);
  });
  canvas.addEventListener("pointermove", (event) => {
    const held = hands.get(event.pointerId);
    if (!held) {
      const over = hit(event.offsetX, event.offsetY);
      if (over !== hover) { hover = over; ask(); }
      canvas.classList.toggle("over", Boolean(over));
      canvas.title = over ? over.places.slice(0, 5).map((one) => `${one.number} ${kindName(one.kind)} ${one.codes.slice(0, 2).join(" · ")}`).join("\n") : "";
      return;
    }
    const [dx, dy] = [event.offsetX - held[0], event.offsetY - held[1]];
    hands.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved += Math.abs(dx) + Math.abs(dy);
    canvas.classList.add("dragging");
    if (hands.size === 1) { view.x -= dx / view.scale; view.y += dy / view.scale; ask(); return; }
    const [one, two] = [...hands.values()], now = Math.hypot(one[0] - two[0], one[1] - two[1]);
    if (spread) zoomBy(now / spread, (one[0] + two[0]) / 2, (one[1] + two[1]) / 2);
    spread = now;
  });
  const drop = (event) => {
    if (!hands.delete(event.pointerId)) return;
    spread = 0;
    canvas.classList.remove("dragging");
    if (event.type === "pointerup" && moved < 5) {
      const found = hit(event.offsetX, event.offsetY);
      if (!found) return;
      const at = found.places.indexOf(chosen);
      choose(found.places[(at + 1) % found.places.length]);
    }
  };
  canvas.addEventListener("pointerup", drop);
  canvas.addEventListener("pointercancel", drop);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.06 : 0.0018)), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoomBy(2.5, event.offsetX, event.offsetY));
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { n: () => step(1), p: () => step(-1), 0: whole, "+": () => zoomBy(1.6), "=": () => zoomBy(1.6), "-": () => zoomBy(1 / 1.6), Escape: () => choose(null) }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  $("nearer").onclick = () => zoomBy(1.8);
  $("farther").onclick = () => zoomBy(1 / 1.8);
  $("overview").onclick = whole;
  $("language").onclick = () => { tongue = tongue === "zh" ? "en" : "zh"; heading(); listing(); card(); };
  $("search").oninput = () => { wanted = $("search").value.trim().toLowerCase(); listing(); ask(); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readInks(); ask(); });
  const resize = () => {
    const ratio = devicePixelRatio || 1;
    wide = canvas.clientWidth; high = canvas.clientHeight;
    canvas.width = Math.round(wide * ratio); canvas.height = Math.round(high * ratio);
    ask();
  };
  new ResizeObserver(resize).observe(canvas);

  readInks(); resize(); heading(); listing();
  Object.assign(view, fit(bounds, 0.92));
  const linked = places[Number(location.hash.slice(1)) - 1];
  if (linked) choose(linked); else ask();
})();
