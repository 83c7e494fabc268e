/* Two maps of two editions that move together; what changes is coloured and listed. */
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const COLOURS = Object.fromEntries(data.kinds.map((kind) => [kind, colour(`--k-${kind}`)]));
  const LINE = colour("--map-level-fine"), TEXT = colour("--text"), HALO = colour("--map-halo");
  const SIDES = ["before", "after"];
  const MOST = 400;
  const canvases = SIDES.map((side) => document.getElementById(side));
  const list = document.querySelector(".changes");
  const told = document.getElementById("told");
  const filter = document.getElementById("filter");
  const view = { x: 0, y: 0, scale: 1 };
  const hidden = new Set();
  let level = null;
  let chosen = null;
  let hovered = null;
  let due = false;

  /* Text to points: steps from point to point, the sign in the last bit, five bits a character. */
  function decode(lines) {
    const found = [];
    let at = 0, x = 0, y = 0;
    const next = () => {
      let value = 0, shift = 0, digit;
      do {
        digit = lines.text.charCodeAt(at++) - 63;
        value += (digit & 31) * 2 ** shift;
        shift += 5;
      } while (digit >= 32);
      return value % 2 ? -(value + 1) / 2 : value / 2;
    };
    for (const length of lines.lengths) {
      const points = new Float64Array(2 * length);
      for (let i = 0; i < length; i++) {
        points[2 * i] = x += next();
        points[2 * i + 1] = y += next();
      }
      found.push(points);
    }
    return found;
  }

  function prepare(raw) {
    const arcs = decode(raw.lines);
    const origin = arcs.length ? [arcs[0][0], arcs[0][1]] : [0, 0];
    for (const points of arcs) {
      for (let i = 0; i < points.length; i += 2) {
        points[i] -= origin[0];
        points[i + 1] -= origin[1];
      }
    }
    const points = [...raw.before, ...raw.after].map((one) => one.p);
    for (const point of points) {
      point[0] -= origin[0];
      point[1] -= origin[1];
    }
    const context = new Path2D();
    for (const number of raw.context) trace(context, arcs[number], false, true);
    const grids = {};
    for (const side of SIDES) grids[side] = raw[side].map((one) => shape(one, arcs));
    raw.changes.forEach((one, index) => {
      one.index = index;
      for (const [side, key] of [["before", "b"], ["after", "a"]]) {
        for (const at of one[key]) {
          const grid = grids[side][at];
          if (!grid.change) grid.change = one;
        }
      }
    });
    const all = [...grids.before, ...grids.after].map((one) => one.box);
    return { ...raw, context, grids, box: join(all), whole: boxOf(arcs) };
  }

  function trace(path, points, backward, begins) {
    const count = points.length / 2;
    for (let i = 0; i < count; i++) {
      const at = 2 * (backward ? count - 1 - i : i);
      if (i === 0 && begins) path.moveTo(points[at], points[at + 1]);
      else path.lineTo(points[at], points[at + 1]);
    }
  }

  function shape(raw, arcs) {
    const path = new Path2D();
    const used = [];
    for (const ring of raw.r) {
      ring.forEach((number, place) => {
        const points = arcs[number < 0 ? ~number : number];
        used.push(points);
        trace(path, points, number < 0, place === 0);
      });
      path.closePath();
    }
    return { code: raw.c, name: raw.n, point: raw.p, path, box: boxOf(used), change: null };
  }

  function boxOf(lines) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const points of lines) {
      for (let i = 0; i < points.length; i += 2) {
        box[0] = Math.min(box[0], points[i]);
        box[1] = Math.min(box[1], points[i + 1]);
        box[2] = Math.max(box[2], points[i]);
        box[3] = Math.max(box[3], points[i + 1]);
      }
    }
    return box;
  }

  function join(boxes) {
    return boxes.reduce(
      (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])],
      [Infinity, Infinity, -Infinity, -Infinity],
    );
  }

  const gridsOf = (change, side) =>
    change[side === "before" ? "b" : "a"].map((at) => level.grids[side][at]);
  const isShown = (grid) => grid.change && !hidden.has(grid.change.k);

  function draw() {
    due = false;
    SIDES.forEach((side, at) => drawSide(side, canvases[at]));
    drawScale();
  }

  function drawSide(side, canvas) {
    const ratio = window.devicePixelRatio || 1;
    const wide = canvas.clientWidth, high = canvas.clientHeight;
    if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
      canvas.width = Math.round(wide * ratio);
      canvas.height = Math.round(high * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const scale = view.scale * ratio;
    pen.setTransform(scale, 0, 0, scale, canvas.width / 2 - view.x * scale, canvas.height / 2 - view.y * scale);
    const px = 1 / view.scale;
    pen.lineJoin = "round";
    pen.strokeStyle = LINE;
    pen.lineWidth = 0.8 * px;
    // Far out there are many lines for few pixels.
    pen.globalAlpha = Math.min(1, 0.45 + 40 * view.scale);
    pen.stroke(level.context);
    pen.globalAlpha = 1;
    const seen = [view.x - wide / 2 * px, view.y - high / 2 * px, view.x + wide / 2 * px, view.y + high / 2 * px];
    const near = level.grids[side].filter((one) => meets(one.box, seen));
    for (const grid of near) {
      const on = isShown(grid);
      pen.globalAlpha = on ? (grid.change === chosen || grid.change === hovered ? 0.75 : 0.42) : 0;
      pen.fillStyle = COLOURS[grid.change.k];
      if (on) pen.fill(grid.path, "evenodd");
      pen.globalAlpha = 1;
      pen.strokeStyle = on ? COLOURS[grid.change.k] : LINE;
      pen.lineWidth = (on ? 1.6 : 0.8) * px;
      pen.stroke(grid.path);
    }
    for (const change of [hovered, chosen]) {
      if (!change) continue;
      // The other edition as a broken line, then this one.
      const other = side === "before" ? "after" : "before";
      pen.strokeStyle = TEXT;
      pen.setLineDash([5 * px, 4 * px]);
      pen.lineWidth = 1.2 * px;
      for (const grid of gridsOf(change, other)) pen.stroke(grid.path);
      pen.setLineDash([]);
      pen.lineWidth = 2.6 * px;
      for (const grid of gridsOf(change, side)) pen.stroke(grid.path);
    }
    label(pen, near, ratio, canvas);
  }

  function label(pen, grids, ratio, canvas) {
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `${12 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
    pen.lineWidth = 3 * ratio;
    pen.strokeStyle = HALO;
    pen.fillStyle = TEXT;
    const scale = view.scale * ratio;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    for (const grid of grids) {
      const text = grid.name || grid.code;
      const width = (grid.box[2] - grid.box[0]) * scale;
      if (!isShown(grid) || width < pen.measureText(text).width + 8 * ratio) continue;
      const x = (grid.point[0] - view.x) * scale + canvas.width / 2;
      const y = (grid.point[1] - view.y) * scale + canvas.height / 2;
      pen.strokeText(text, x, y);
      pen.fillText(text, x, y);
    }
  }

  const meets = (a, b) => a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];

  function drawScale() {
    const most = 110 / view.scale * data.metres;
    const power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((n) => n * power).find((n) => n <= most);
    const box = document.getElementById("scale");
    box.style.width = `${metres / data.metres * view.scale}px`;
    box.firstElementChild.textContent = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  }

  function redraw() {
    if (!due) {
      due = true;
      requestAnimationFrame(draw);
    }
  }

  function fit(box, room = 0.8) {
    const wide = canvases[0].clientWidth, high = canvases[0].clientHeight;
    view.x = (box[0] + box[2]) / 2;
    view.y = (box[1] + box[3]) / 2;
    view.scale = Math.min(room * wide / Math.max(box[2] - box[0], 40), room * high / Math.max(box[3] - box[1], 40));
    redraw();
  }

  function zoom(by, x = 0, y = 0) {
    const scale = Math.min(Math.max(view.scale * by, 1e-4), 20);
    view.x += x / view.scale - x / scale;
    view.y += y / view.scale - y / scale;
    view.scale = scale;
    redraw();
  }

  const place = (event, canvas) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  };

  function hit(side, canvas, event) {
    const [x, y] = place(event, canvas);
    const at = [view.x + x / view.scale, view.y + y / view.scale];
    const pen = canvas.getContext("2d");
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    const found = level.grids[side].find(
      (one) => isShown(one) && meets(one.box, [...at, ...at]) && pen.isPointInPath(one.path, at[0], at[1], "evenodd"),
    );
    pen.restore();
    return found ? found.change : null;
  }

  canvases.forEach((canvas, index) => {
    const side = SIDES[index];
    const fingers = new Map();
    let moved = 0;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      if (fingers.size === 1) moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const last = fingers.get(event.pointerId);
      if (!last) {
        const over = hit(side, canvas, event);
        if (over !== hovered) {
          hovered = over;
          canvas.style.cursor = over ? "pointer" : "";
          redraw();
        }
        return;
      }
      const step = [event.clientX - last[0], event.clientY - last[1]];
      const others = [...fingers].filter(([id]) => id !== event.pointerId);
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      moved += Math.hypot(...step);
      const share = others.length ? 0.5 : 1;
      view.x -= share * step[0] / view.scale;
      view.y -= share * step[1] / view.scale;
      if (others.length) {
        const other = others[0][1];
        const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
        const after = Math.hypot(event.clientX - other[0], event.clientY - other[1]);
        if (before > 0) zoom(after / before);
      }
      redraw();
    });
    const lift = (event) => {
      const held = fingers.delete(event.pointerId);
      if (held && event.type === "pointerup" && moved < 5) choose(hit(side, canvas, event), false);
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener("pointerleave", () => {
      hovered = null;
      redraw();
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(2 ** (-event.deltaY / (event.deltaMode ? 8 : 240)), ...place(event, canvas));
    }, { passive: false });
    canvas.addEventListener("dblclick", (event) => zoom(2, ...place(event, canvas)));
    canvas.addEventListener("keydown", (event) => {
      const far = 60 / view.scale;
      const steps = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
      if (steps[event.key]) {
        view.x += steps[event.key][0];
        view.y += steps[event.key][1];
        redraw();
      } else if (event.key === "+" || event.key === "=") zoom(1.5);
      else if (event.key === "-") zoom(1 / 1.5);
      else if (event.key === "Escape") choose(null, false);
      else return;
      event.preventDefault();
    });
  });

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function mark(kind) {
    const made = element("i", undefined, "k");
    made.style.background = COLOURS[kind];
    return made;
  }

  const number = (value) => value.toLocaleString(document.documentElement.lang);
  const say = (key, value) => words[key].replace("{n}", number(value));
  const short = (codes) => codes.length > 3 ? `${codes.slice(0, 3).join(" ")} … (${codes.length})` : codes.join(" ");

  function codesOf(change) {
    const old = gridsOf(change, "before").map((one) => one.code);
    const fresh = gridsOf(change, "after").map((one) => one.code);
    if (old.join() === fresh.join()) return short(old);
    return `${short(old) || "–"} → ${short(fresh) || "–"}`;
  }

  function nameOf(change) {
    const names = [...gridsOf(change, "before"), ...gridsOf(change, "after")].map((one) => one.name);
    if (change.k === "renamed") return `${names[0]} → ${names[1]}`;
    return names[0];
  }

  function much(change) {
    const said = [];
    if (change.k === "redrawn") {
      said.push(say("share_kept", change.s), say("hausdorff", change.h));
    }
    for (const kind of change.t) {
      const follows = change.k === "split" || change.k === "merged" ? kind === "redrawn" : kind === change.k;
      if (!follows) said.push(words[kind]);
    }
    return said.join(document.documentElement.lang.startsWith("zh") ? "，" : ", ");
  }

  function fill() {
    const wanted = filter.value.trim().toLowerCase();
    const rows = level.changes.filter((one) => {
      if (hidden.has(one.k)) return false;
      const grids = [...gridsOf(one, "before"), ...gridsOf(one, "after")];
      return !wanted || grids.some((grid) => `${grid.code} ${grid.name}`.toLowerCase().includes(wanted));
    });
    list.replaceChildren(...rows.slice(0, MOST).map((one) => {
      const item = element("li");
      const button = element("button");
      button.type = "button";
      button.dataset.at = one.index;
      button.setAttribute("aria-current", String(one === chosen));
      const text = element("span");
      const first = element("div");
      first.append(element("b", words[one.k]), ` ${nameOf(one)}`);
      text.append(first, element("div", codesOf(one), "codes"));
      if (much(one)) text.append(element("div", much(one), "much"));
      button.append(mark(one.k), text);
      button.addEventListener("click", () => choose(one, true));
      item.append(button);
      return item;
    }));
    if (!rows.length) list.append(element("li", words.no_match, "none"));
    if (rows.length > MOST) list.append(element("li", `… ${number(rows.length - MOST)}`, "none"));
  }

  function choose(change, go) {
    chosen = change;
    for (const button of list.querySelectorAll("button")) {
      const is = change !== null && Number(button.dataset.at) === change.index;
      button.setAttribute("aria-current", String(is));
      if (is && !go) button.scrollIntoView({ block: "nearest" });
    }
    told.hidden = change === null;
    if (change) {
      if (go) fit(join([...gridsOf(change, "before"), ...gridsOf(change, "after")].map((one) => one.box)), 0.5);
      tell(change);
    }
    redraw();
  }

  function tell(change) {
    const head = element("h2");
    head.append(mark(change.k), ` ${words[change.k]} · ${nameOf(change)}`);
    const parts = [head];
    if (much(change)) parts.push(element("p", much(change)));
    if (change.l.length) {
      const table = element("table");
      const top = table.insertRow();
      for (const [text, kind] of [[words.before], [words.lineage], ["", "bar"], [words.ground, "n"], [words.households, "n"]]) {
        top.append(element("th", text, kind));
      }
      for (const [from, to, share, lives] of change.l) {
        const row = table.insertRow();
        const bar = element("td", undefined, "bar");
        const inner = element("span");
        inner.style.width = `${share}%`;
        bar.append(inner);
        row.append(
          element("td", from), element("td", to || words.uncovered), bar,
          element("td", `${number(share)}%`, "n"), element("td", lives === null ? "–" : number(lives), "n"),
        );
      }
      parts.push(table);
    }
    told.replaceChildren(...parts);
  }

  function show(index) {
    level = data.levels[index].grids ? data.levels[index] : (data.levels[index] = prepare(data.levels[index]));
    chosen = hovered = null;
    told.hidden = true;
    for (const button of document.querySelectorAll("[data-level]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.level) === index));
    }
    const kinds = data.kinds.filter((kind) => level.counts[kind]);
    document.querySelector(".kinds").replaceChildren(...kinds.map((kind) => {
      const button = element("button");
      button.type = "button";
      button.dataset.kind = kind;
      button.setAttribute("aria-pressed", String(!hidden.has(kind)));
      button.append(mark(kind), `${words[kind]} ${number(level.counts[kind])}`);
      button.addEventListener("click", () => {
        if (!hidden.delete(kind)) hidden.add(kind);
        button.setAttribute("aria-pressed", String(!hidden.has(kind)));
        if (chosen && hidden.has(chosen.k)) choose(null, false);
        fill();
        redraw();
      });
      return button;
    }));
    document.getElementById("near").textContent = level.near_only ? ` ${words.near_only}` : "";
    fill();
    fit(level.near_only ? level.box : level.whole, 0.94);
  }

  for (const button of document.querySelectorAll("[data-level]")) {
    button.addEventListener("click", () => show(Number(button.dataset.level)));
  }
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => zoom(Number(button.dataset.zoom)));
  }
  document.querySelector("[data-fit]").addEventListener("click", () => fit(level.near_only ? level.box : level.whole, 0.94));
  filter.addEventListener("input", fill);
  new ResizeObserver(redraw).observe(document.querySelector(".maps"));
  // The finest level that changes is what people ask for.
  const finest = data.levels.reduce((best, one, at) => one.changes.length > data.levels[best].changes.length ? at : best, 0);
  show(finest);
  document.documentElement.dataset.ready = "true";
})();
